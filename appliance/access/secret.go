package access

import (
	"crypto/rand"
	"errors"
	"fmt"
	"os"
	"syscall"

	"pillarbox/appliance/durable"
)

// SecretSize is the length of the server's secret in octets.
const SecretSize = 32

// ReadSecret reads the secret of the server: the salts of unknown users and the hashes of known
// clients are made of it, so that it has to be the same after a restart. If there is none, it
// returns a new one, which StoreSecret stores. It writes nothing.
func ReadSecret(path string) ([]byte, error) {
	secret, err := durable.Read(path, 2*SecretSize)
	switch {
	case errors.Is(err, os.ErrNotExist):
		secret = make([]byte, SecretSize)
		rand.Read(secret) // never fails (crypto/rand)
		return secret, nil
	case err != nil:
		return nil, err
	case len(secret) != SecretSize:
		return nil, fmt.Errorf("%s is not the secret of a server: it has %d octets, not %d; remove it and a new one is made", path, len(secret), SecretSize)
	}
	return secret, nil
}

// StoreSecret stores a secret unless there is one: it writes one small file and flushes it. On a
// read-only file system the secret lasts as long as the process.
func StoreSecret(path string, secret []byte) error {
	if _, err := os.Lstat(path); !errors.Is(err, os.ErrNotExist) {
		return err
	}
	if err := durable.Replace(path, secret); !errors.Is(err, syscall.EROFS) {
		return err
	}
	return nil
}
