package trust

import (
	"crypto/sha256"
	"crypto/subtle"
	"crypto/tls"
	"crypto/x509"
	"encoding/hex"
	"errors"
	"fmt"
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

// kindOf tells a certificate that is not valid now from one that never is.
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
