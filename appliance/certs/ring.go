package certs

import (
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// Options say which certificate to show.
type Options struct {
	Dir       string    // the folder of the box's own certificate
	Names     Names     // what it is for
	Cert, Key string    // PEM files of the user's own certificate, used instead of the box's when not ""
	Built     time.Time // the date of this build
	Now       time.Time // what the clock says
}

// A Ring holds the certificate in force. Its methods may be called from any goroutine.
type Ring struct {
	shown atomic.Pointer[tls.Certificate]

	mu    sync.Mutex // guards what follows
	opts  Options
	clock steady
}

// Open loads the certificate, or makes what is missing. It writes four small files on the first start, each flushed.
func Open(opts Options) (*Ring, error) {
	r := &Ring{}
	if _, err := r.Reload(opts); err != nil {
		return nil, err
	}
	return r, nil
}

// Reload looks at the files again, with what the options say now. The certificate is swapped when it
// changed; after an error the one before stays in force.
func (r *Ring) Reload(opts Options) (changed bool, err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	var next *tls.Certificate
	if opts.Cert != "" {
		next, err = loadOwn(opts.Cert, opts.Key)
	} else {
		next, err = loadBox(opts, false)
	}
	if err != nil {
		return false, err
	}
	r.opts = opts
	return r.show(next), nil
}

// Renew is called every minute or so. It makes a new certificate when the end of the box's own is near and the
// clock can be believed.
func (r *Ring) Renew(reading Reading) (renewed bool, err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	plausible := r.clock.observe(reading, r.opts.Built)
	if leaf := r.Leaf(); r.opts.Cert != "" || !due(leaf.NotBefore, leaf.NotAfter, reading, plausible) {
		return false, nil
	}
	opts := r.opts
	opts.Now = reading.Wall
	next, err := loadBox(opts, true)
	if err != nil {
		return false, err
	}
	return r.show(next), nil
}

func (r *Ring) show(next *tls.Certificate) (changed bool) {
	before := r.shown.Swap(next)
	return before == nil || !before.Leaf.Equal(next.Leaf)
}

// suites are those of TLS 1.2 that keep what was said secret when the key is known later, and that were never broken
// (RFC 9325 §4.2). TLS 1.3 has no others.
var suites = []uint16{
	tls.TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256, tls.TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256,
	tls.TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384, tls.TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384,
	tls.TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256, tls.TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256,
}

// Config returns a configuration for listeners: TLS 1.2 or later (RFC 8314 §4.1), always with the certificate in force. protocol is
// the only one that a client may ask for (ALPN), so that no browser can be led here; who asks for none is served. "" is any.
func (r *Ring) Config(protocol string) *tls.Config {
	config := &tls.Config{
		MinVersion:                  tls.VersionTLS12,
		CipherSuites:                suites,
		DynamicRecordSizingDisabled: true, // mail is read whole: small records first are for pages that are drawn
		GetCertificate: func(*tls.ClientHelloInfo) (*tls.Certificate, error) {
			return r.shown.Load(), nil
		},
	}
	if protocol != "" {
		config.NextProtos = []string{protocol}
	}
	return config
}

// Leaf returns the certificate in force. It is not to be changed.
func (r *Ring) Leaf() *x509.Certificate { return r.shown.Load().Leaf }

// Fingerprint returns the SHA-256 of the certificate in force, as mail programs show it: pairs of hexadecimal
// digits with colons between.
func (r *Ring) Fingerprint() string {
	sum := sha256.Sum256(r.Leaf().Raw)
	return strings.ReplaceAll(fmt.Sprintf("% X", sum[:]), " ", ":")
}

// loadOwn loads the certificate that the user brings.
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
