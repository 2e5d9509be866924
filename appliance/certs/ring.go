package certs

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"os"
	"sync"
	"sync/atomic"
	"time"
)

// A Ring holds the certificate in use. Its methods may be called from any goroutine.
type Ring struct {
	shown atomic.Pointer[tls.Certificate]

	mu      sync.Mutex // guards the fields below
	opts    Options
	outside []string // names that the authority does not permit
}

// Open loads the certificate, or makes what is missing. It writes four small files on the first
// start, each flushed.
func Open(opts Options) (*Ring, error) {
	r := &Ring{}
	if _, err := r.Reload(opts); err != nil {
		return nil, err
	}
	return r, nil
}

// Reload reads the files again, with new options. The certificate is replaced if it changed; after
// an error the previous one stays in use.
func (r *Ring) Reload(opts Options) (changed bool, err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	var next *tls.Certificate
	var outside []string
	if opts.Cert != "" {
		next, err = loadOwn(opts.Cert, opts.Key)
	} else {
		next, outside, err = loadServer(opts, false)
	}
	if err != nil {
		return false, err
	}
	r.opts, r.outside = opts, outside
	return r.show(next), nil
}

// IsUsers reports whether the certificate in use is that of Options.Cert.
func (r *Ring) IsUsers() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.opts.Cert != ""
}

// Renew is called every minute or so with the date, and for how long the clock has been trusted
// without being set. It makes a new certificate if the end of the server's own is near and the
// clock has been trusted for long enough.
func (r *Ring) Renew(now time.Time, steady time.Duration) (renewed bool, err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.opts.Cert != "" || !r.due(now, steady) {
		return false, nil
	}
	opts := r.opts
	opts.Now = now
	next, outside, err := loadServer(opts, true)
	if err != nil {
		return false, err
	}
	r.outside = outside
	return r.show(next), nil
}

const (
	steadyFor = time.Hour     // a clock is trusted for so long before a certificate is made by it
	leapFor   = 6 * time.Hour // the same for a clock beyond the end of the certificate
)

// due reports whether the certificate has to be renewed: its end is near, or a clock that was wrong
// has made it, so that it is not valid yet. A clock that has left out the time in which a
// certificate is renewed is more often wrong than right, so it has to be trusted for longer.
func (r *Ring) due(now time.Time, steady time.Duration) bool {
	leaf := r.Leaf()
	switch {
	case now.After(r.opts.Built.Add(authorityLife)): // no clock
		return false
	case now.After(leaf.NotAfter):
		return steady >= leapFor
	case now.Before(leaf.NotBefore), now.After(leaf.NotAfter.Add(-renewBefore)):
		return steady >= steadyFor
	}
	return false
}

func (r *Ring) show(next *tls.Certificate) (changed bool) {
	before := r.shown.Swap(next)
	return before == nil || !before.Leaf.Equal(next.Leaf)
}

// suites are the cipher suites of TLS 1.2 that have forward secrecy and no known weakness (RFC 9325
// §4.2). All suites of TLS 1.3 are like that.
var suites = []uint16{
	tls.TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256, tls.TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256,
	tls.TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384, tls.TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384,
	tls.TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256, tls.TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256,
}

// Config returns a configuration for listeners: TLS 1.2 or later (RFC 8314 §4.1), always with the
// certificate in use. protocol is the only one that a client may request (ALPN), so that a browser
// cannot be directed here; a client that requests none is served. "" accepts any.
func (r *Ring) Config(protocol string) *tls.Config {
	config := &tls.Config{
		MinVersion:                  tls.VersionTLS12,
		CipherSuites:                suites,
		DynamicRecordSizingDisabled: true, // small records first help web pages, not mail
		GetCertificate: func(*tls.ClientHelloInfo) (*tls.Certificate, error) {
			return r.shown.Load(), nil
		},
	}
	if protocol != "" {
		config.NextProtos = []string{protocol}
	}
	return config
}

// Outside returns the names and addresses of the options that the certificate in use lacks, because
// the authority does not permit them.
func (r *Ring) Outside() []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.outside
}

// Leaf returns the certificate in use. It must not be changed.
func (r *Ring) Leaf() *x509.Certificate { return r.shown.Load().Leaf }

// Fingerprint returns the SHA-256 of the certificate in use, as mail clients show it: pairs of
// hexadecimal digits with colons between.
func (r *Ring) Fingerprint() string { return fingerprint(r.Leaf()) }

// loadOwn loads the user's own certificate.
func loadOwn(cert, key string) (*tls.Certificate, error) {
	c, err := tls.LoadX509KeyPair(cert, key)
	if err != nil {
		if !errors.Is(err, os.ErrNotExist) && !errors.Is(err, os.ErrPermission) {
			err = fmt.Errorf("%s and %s: %w", cert, key, err)
		}
		return nil, err
	}
	return &c, nil
}
