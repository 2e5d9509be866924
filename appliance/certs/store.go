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
	"slices"
	"syscall"
	"time"

	"pillarbox/appliance/durable"
)

// The files in the folder.
const (
	authorityCert, authorityKey = "ca.crt", "ca.key"
	serverCert, serverKey       = "box.crt", "box.key"
)

// loadServer loads the server's own certificate. It makes a new one if there is none, if names are
// missing in it, or if renew is true, and returns the names that the authority does not permit. If
// one of those is needed, the present certificate stays until it is renewed: a new one would make
// clients ask, and still lack that name.
func loadServer(opts Options, renew bool) (*tls.Certificate, []string, error) {
	if err := durable.MakeInside(opts.Dir); err != nil {
		return nil, nil, err
	}
	own, err := loadPair(opts.Dir, serverCert, serverKey)
	if err != nil {
		return nil, nil, err
	}
	var outside []string
	if own.cert == nil || renew || !serves(own.cert, opts.Names) {
		authority, err := loadAuthority(opts)
		if err != nil && own.cert != nil && !renew && serves(own.cert, opts.Names.needed()) {
			return own.shown(), nil, nil // all needed names are in it
		}
		if errors.Is(err, syscall.EROFS) && own.cert != nil {
			return own.shown(), nil, nil // a read-only file system
		}
		if err != nil {
			return nil, nil, err
		}
		var names Names
		names, outside = divide(authority.cert, opts.Names)
		lacks := lacksNeeded(opts.Names, names)
		if own.cert != nil && lacks { // clients expect the names that it had
			names.DNS = append(names.DNS, own.cert.DNSNames...)
		}
		if own.cert == nil || renew || !lacks && !serves(own.cert, names) {
			made, err := issueServer(names, authority, opts.Now, opts.Built)
			if err == nil {
				err = storePair(opts.Dir, serverCert, serverKey, made)
			}
			switch {
			case err == nil:
				own = made
			case errors.Is(err, syscall.EROFS) && own.cert != nil: // clients trust this one
			default:
				return nil, nil, err
			}
		}
	}
	return own.shown(), outside, nil
}

// shown returns a pair as a listener uses it.
func (p pair) shown() *tls.Certificate {
	return &tls.Certificate{Certificate: [][]byte{p.cert.Raw}, PrivateKey: p.key, Leaf: p.cert}
}

// lacksNeeded reports whether one of the needed names is not permitted by an authority. A bare name
// is not needed: that of a renamed host is missing in an older authority, and the host has longer
// names.
func lacksNeeded(needed, inside Names) bool {
	outside := func(name string) bool { return !isBare(name) && !slices.Contains(inside.DNS, name) }
	return slices.ContainsFunc(needed.DNS, outside) || len(inside.Fixed) < len(needed.Fixed)
}

// loadAuthority loads the authority, or makes it if there is none.
func loadAuthority(opts Options) (pair, error) {
	authority, err := loadPair(opts.Dir, authorityCert, authorityKey)
	if err != nil || authority.cert != nil {
		return authority, err
	}
	path := filepath.Join(opts.Dir, authorityCert)
	if _, err := os.Lstat(path); !errors.Is(err, os.ErrNotExist) {
		return pair{}, unusable(path, errors.New(authorityKey+" is missing or does not match"))
	}
	if authority, err = issueAuthority(opts.Names, opts.Now, opts.Built); err != nil {
		return pair{}, err
	}
	return authority, storePair(opts.Dir, authorityCert, authorityKey, authority)
}

// loadPair loads a certificate and its key. It returns an empty pair if one of the files is
// missing, or if they do not match, which is the state after a crash between the two.
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

// mostPEM limits the file of a certificate or key, in octets.
const mostPEM = 64 << 10

func loadPEM(path, kind string) ([]byte, error) {
	text, err := durable.Read(path, mostPEM)
	if err != nil {
		return nil, err
	}
	block, _ := pem.Decode(text)
	if block == nil || block.Type != kind {
		return nil, unusable(path, fmt.Errorf("it contains no PEM block %q", kind))
	}
	return block.Bytes, nil
}

// unusable returns an error that says what to do about a file that cannot be used: it is never
// replaced without the user's consent.
func unusable(path string, err error) error {
	return fmt.Errorf("%s cannot be used: %w; restore the file, or remove it: a new one is then made, which clients have to accept", path, err)
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

// Options say which certificate to show.
type Options struct {
	Dir       string    // the folder of the server's own certificate
	Names     Names     // what it is for
	Cert, Key string    // PEM files of the user's own certificate, used instead if not ""
	Built     time.Time // the date of this build
	Now       time.Time // the time by the clock
}
