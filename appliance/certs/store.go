package certs

import (
	"crypto/ecdsa"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"pillarbox/appliance/durable"
)

// The files of the folder.
const (
	authorityCert, authorityKey = "ca.crt", "ca.key"
	boxCert, boxKey             = "box.crt", "box.key"
)

// loadBox loads the box's own certificate; it makes a new one when there is none, when it does not serve, or
// when renew says so.
func loadBox(opts Options, renew bool) (*tls.Certificate, error) {
	if err := durable.MakeInside(opts.Dir); err != nil {
		return nil, err
	}
	box, err := loadPair(opts.Dir, boxCert, boxKey)
	if err != nil {
		return nil, err
	}
	if box.cert == nil || renew || !serves(box.cert, opts.Names) {
		if box, err = makeBox(opts); err != nil {
			return nil, err
		}
	}
	return &tls.Certificate{Certificate: [][]byte{box.cert.Raw}, PrivateKey: box.key, Leaf: box.cert}, nil
}

// makeBox makes a certificate, and the authority to sign it when there is none.
func makeBox(opts Options) (pair, error) {
	authority, err := loadPair(opts.Dir, authorityCert, authorityKey)
	if err != nil {
		return pair{}, err
	}
	if authority.cert == nil {
		path := filepath.Join(opts.Dir, authorityCert)
		if _, err := os.Stat(path); !errors.Is(err, os.ErrNotExist) {
			return pair{}, unusable(path, errors.New(authorityKey+" beside it is missing or another authority's"))
		}
		if authority, err = issueAuthority(opts.Names.DNS[0], opts.Now, opts.Built); err != nil {
			return pair{}, err
		}
		if err := storePair(opts.Dir, authorityCert, authorityKey, authority); err != nil {
			return pair{}, err
		}
	}
	box, err := issueBox(opts.Names, authority, opts.Now, opts.Built)
	if err != nil {
		return pair{}, err
	}
	return box, storePair(opts.Dir, boxCert, boxKey, box)
}

// loadPair loads a certificate and its key. It returns an empty pair when one of the files is missing, or when they
// do not belong together, which is how a crash between the two leaves them.
func loadPair(dir, certName, keyName string) (pair, error) {
	certDER, certErr := loadPEM(filepath.Join(dir, certName), "CERTIFICATE")
	keyDER, keyErr := loadPEM(filepath.Join(dir, keyName), "PRIVATE KEY")
	if errors.Is(certErr, os.ErrNotExist) || errors.Is(keyErr, os.ErrNotExist) {
		return pair{}, nil
	}
	if err := errors.Join(certErr, keyErr); err != nil {
		return pair{}, err
	}
	cert, err := x509.ParseCertificate(certDER)
	if err != nil {
		return pair{}, unusable(filepath.Join(dir, certName), err)
	}
	parsed, err := x509.ParsePKCS8PrivateKey(keyDER)
	key, ok := parsed.(*ecdsa.PrivateKey)
	if err == nil && !ok {
		err = errors.New("no ECDSA key")
	}
	if err != nil {
		return pair{}, unusable(filepath.Join(dir, keyName), err)
	}
	if !key.PublicKey.Equal(cert.PublicKey) {
		return pair{}, nil
	}
	return pair{cert, key}, nil
}

func loadPEM(path, kind string) ([]byte, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	block, _ := pem.Decode(text)
	if block == nil || block.Type != kind {
		return nil, unusable(path, fmt.Errorf("no PEM block %q in it", kind))
	}
	return block.Bytes, nil
}

// unusable says what to do about a file that is there and cannot be used: it is never replaced unasked.
func unusable(path string, err error) error {
	return fmt.Errorf("%s cannot be used: %w; put back the right file, or take it away and a new one is made, which clients will ask about", path, err)
}

// storePair writes the key, then the certificate.
func storePair(dir, certName, keyName string, p pair) error {
	cert, key, err := p.encode()
	if err != nil {
		return err
	}
	if err := durable.Replace(filepath.Join(dir, keyName), key); err != nil {
		return err
	}
	return durable.Replace(filepath.Join(dir, certName), cert)
}
