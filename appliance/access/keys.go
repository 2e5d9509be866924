package access

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/binary"
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

// keys make hashes by which accounts and clients are remembered, so that what is written to a file
// does not name them.
type keys struct{ secret []byte }

func newKeys() keys {
	k := keys{make([]byte, SecretSize)}
	rand.Read(k.secret) // never fails (crypto/rand)
	return k
}

// of returns 8 octets of an HMAC.
func (k keys) of(parts ...[]byte) uint64 {
	h := hmac.New(sha256.New, k.secret)
	var length [4]byte
	for _, part := range parts {
		binary.BigEndian.PutUint32(length[:], uint32(len(part)))
		h.Write(length[:])
		h.Write(part)
	}
	var sum [sha256.Size]byte
	return binary.BigEndian.Uint64(h.Sum(sum[:0]))
}

// client returns the key of a client.
func (k keys) client(c Client) uint64 {
	return k.of([]byte("client"), []byte{byte(c.kind)}, c.octets[:])
}

// account returns the key of an account, or of a name that has none, whose mailbox is 0. An account
// that is removed and made again is another one.
func (k keys) account(name string, mailbox uint64) uint64 {
	return k.of([]byte("account"), []byte(name), binary.BigEndian.AppendUint64(nil, mailbox))
}

// file returns the key of the file of known pairs.
func (k keys) file() uint64 { return k.of([]byte("file")) }
