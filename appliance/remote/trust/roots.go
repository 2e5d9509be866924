package trust

import (
	"bufio"
	"bytes"
	"crypto/x509"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
)

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
