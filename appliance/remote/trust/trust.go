package trust

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"crypto/subtle"
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"pillarbox/appliance/remote/session"
)

// A Policy is what is trusted.
type Policy struct {
	Host   string // of the server, as it is written in the configuration
	Pin    string // SHA-256 of the certificate, 64 hexadecimal digits; "": the bundle
	Bundle string // file of roots in PEM; "": the system's
	Now    func() time.Time
}

// Config returns a configuration for the client's side of TLS.
func (p Policy) Config() *tls.Config {
	return &tls.Config{
		ServerName: p.Host,
		MinVersion: tls.VersionTLS12,
		// VerifyConnection decides in place of crypto/tls, which would load all roots.
		InsecureSkipVerify: true,
		VerifyConnection:   p.verify,
	}
}

func (p Policy) verify(state tls.ConnectionState) error {
	if len(state.PeerCertificates) == 0 {
		return session.Errorf(session.Certificate, "the server has no certificate")
	}
	if p.Pin != "" {
		return p.matches(state.PeerCertificates[0])
	}
	return p.chain(state.PeerCertificates)
}

func (p Policy) matches(cert *x509.Certificate) error {
	want, err := hex.DecodeString(p.Pin)
	got := sha256.Sum256(cert.Raw)
	if err != nil || subtle.ConstantTimeCompare(got[:], want) != 1 {
		return session.Errorf(session.Certificate, "the certificate is not the pinned one: its SHA-256 is %x", got)
	}
	return nil
}

// chain verifies the certificates that a server has sent, its own first.
func (p Policy) chain(sent []*x509.Certificate) error {
	roots, err := rootsFor(sent, p.Bundle)
	if err != nil {
		return &session.Error{Kind: session.Certificate, Text: err.Error()}
	}
	options := x509.VerifyOptions{Roots: roots, Intermediates: x509.NewCertPool(), DNSName: p.Host}
	if p.Now != nil {
		options.CurrentTime = p.Now()
	}
	for _, cert := range sent[1:] {
		options.Intermediates.AddCert(cert)
	}
	if _, err = sent[0].Verify(options); err != nil {
		return &session.Error{Kind: kindOf(err), Text: p.explain(sent[0], err)}
	}
	return nil
}

// kindOf distinguishes a certificate that is not valid now from one that never is.
func kindOf(err error) session.Kind {
	var invalid x509.CertificateInvalidError
	if errors.As(err, &invalid) && invalid.Reason == x509.Expired {
		return session.Expired
	}
	return session.Certificate
}

// explain returns what is wrong with a certificate, and what it usually means.
func (p Policy) explain(cert *x509.Certificate, err error) string {
	issuer := session.Printable(cert.Issuer.String())
	var name x509.HostnameError
	var unknown x509.UnknownAuthorityError
	var invalid x509.CertificateInvalidError
	switch {
	case errors.As(err, &name):
		return fmt.Sprintf("the certificate is not for %s (issuer %s): a captive portal or a proxy may answer in its place", p.Host, issuer)
	case errors.As(err, &unknown):
		return fmt.Sprintf("the certificate is signed by an unknown authority (issuer %s): a captive portal or a proxy may answer, or set pin for a server with a certificate of its own; its SHA-256 is %x", issuer, sha256.Sum256(cert.Raw))
	case errors.As(err, &invalid) && invalid.Reason == x509.Expired:
		return fmt.Sprintf("the certificate is valid from %s to %s and not now: compare the clock of this machine", cert.NotBefore.Format(time.DateOnly), cert.NotAfter.Format(time.DateOnly))
	}
	return session.Printable(err.Error())
}

// Bundles are the files in which distributions keep the roots, in the order they are looked for.
var Bundles = []string{
	"/etc/ssl/certs/ca-certificates.crt",                // Debian, OpenWrt, Alpine, Arch
	"/etc/pki/tls/certs/ca-bundle.crt",                  // Fedora
	"/etc/ssl/ca-bundle.pem",                            // openSUSE
	"/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem", // CentOS
	"/etc/ssl/cert.pem",                                 // Alpine, gokrazy
}

// longestCert bounds a root in octets of PEM.
const longestCert = 16 << 10

// rootsFor returns the roots of a bundle that issued one of the certificates.
func rootsFor(sent []*x509.Certificate, bundle string) (*x509.CertPool, error) {
	f, err := open(bundle)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	pool := x509.NewCertPool()
	err = each(f, func(der []byte) {
		for _, cert := range sent {
			if !bytes.Contains(der, cert.RawIssuer) {
				continue
			}
			if root, err := x509.ParseCertificate(bytes.Clone(der)); err == nil && bytes.Equal(root.RawSubject, cert.RawIssuer) {
				pool.AddCert(root)
			}
			return
		}
	})
	return pool, err
}

func open(bundle string) (*os.File, error) {
	if bundle != "" {
		return os.Open(bundle)
	}
	for _, path := range Bundles {
		if f, err := os.Open(path); err == nil {
			return f, nil
		}
	}
	return nil, fmt.Errorf("no certificates of authorities are installed on this machine: install the package ca-certificates, or set pin")
}

// each calls do with every certificate of a bundle in DER, which is valid until do returns.
func each(bundle io.Reader, do func(der []byte)) error {
	lines := bufio.NewReaderSize(bundle, 4096)
	var text, der []byte
	inside := false
	for {
		line, err := lines.ReadSlice('\n')
		for errors.Is(err, bufio.ErrBufferFull) { // a comment
			_, err = lines.ReadSlice('\n')
		}
		switch trimmed := strings.TrimSpace(string(line)); {
		case trimmed == "-----BEGIN CERTIFICATE-----" || trimmed == "-----BEGIN TRUSTED CERTIFICATE-----":
			inside, text = true, text[:0]
		case strings.HasPrefix(trimmed, "-----END "):
			if inside {
				der = growTo(der, base64.StdEncoding.DecodedLen(len(text)))
				if n, err := base64.StdEncoding.Decode(der, text); err == nil {
					do(der[:n])
				}
			}
			inside = false
		case inside && len(text) < longestCert:
			text = append(text, trimmed...)
		}
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
	}
}

func growTo(buf []byte, n int) []byte {
	if cap(buf) < n {
		return make([]byte, n)
	}
	return buf[:n]
}
