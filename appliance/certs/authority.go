package certs

import (
	"crypto/sha256"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"pillarbox/appliance/durable"
)

// An Authority is what the certificate of an authority contains.
type Authority struct {
	Name        string    // of its subject
	Fingerprint string    // SHA-256, as clients show it
	Until       time.Time // when it ends
	Constrained bool      // there are names that it may not sign for
	Permitted   []string  // if so, what it may sign for: domains and ranges

	cert *x509.Certificate
}

// AuthorityOf reads the certificate of the authority in dir. The error is os.ErrNotExist if there
// is none.
func AuthorityOf(dir string) (Authority, error) {
	path := filepath.Join(dir, authorityCert)
	der, err := loadPEM(path, "CERTIFICATE")
	if err != nil {
		return Authority{}, err
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		return Authority{}, unusable(path, err)
	}
	a := Authority{Name: cert.Subject.CommonName, Fingerprint: fingerprint(cert), Until: cert.NotAfter, cert: cert}
	if a.Constrained = isConstrained(cert); a.Constrained {
		a.Permitted = append(a.Permitted, cert.PermittedDNSDomains...)
		for _, r := range cert.PermittedIPRanges {
			a.Permitted = append(a.Permitted, r.String())
		}
	}
	return a, nil
}

// Outside returns the names that the authority may not sign for.
func (a Authority) Outside(names Names) []string {
	_, outside := divide(a.cert, names)
	return outside
}

// fingerprint returns the SHA-256 of a certificate, as mail clients show it: pairs of hexadecimal
// digits with colons between.
func fingerprint(cert *x509.Certificate) string {
	sum := sha256.Sum256(cert.Raw)
	return strings.ReplaceAll(fmt.Sprintf("% X", sum[:]), " ", ":")
}

// AuthorityPEM returns the certificate of the authority in dir, PEM as it is in the file.
func AuthorityPEM(dir string) ([]byte, error) {
	if _, err := AuthorityOf(dir); err != nil {
		return nil, err
	}
	return durable.Read(filepath.Join(dir, authorityCert), mostPEM)
}

// FingerprintOf returns the SHA-256 of the certificate that the server has made in dir. The error
// is os.ErrNotExist if there is none.
func FingerprintOf(dir string) (string, error) {
	path := filepath.Join(dir, serverCert)
	der, err := loadPEM(path, "CERTIFICATE")
	if err != nil {
		return "", err
	}
	return fingerprintOf(path, der)
}

// FingerprintOfFile returns the SHA-256 of the first certificate in a PEM file of the user.
func FingerprintOfFile(path string) (string, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return "", err
	}
	return FingerprintOfPEM(path, text)
}

// FingerprintOfPEM returns the SHA-256 of the first certificate in the text of the PEM file path.
func FingerprintOfPEM(path string, text []byte) (string, error) {
	for {
		block, rest := pem.Decode(text)
		if block == nil {
			return "", fmt.Errorf("%s contains no certificate", path)
		}
		if block.Type == "CERTIFICATE" {
			return fingerprintOf(path, block.Bytes)
		}
		text = rest
	}
}

func fingerprintOf(path string, der []byte) (string, error) {
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		return "", unusable(path, err)
	}
	return fingerprint(cert), nil
}
