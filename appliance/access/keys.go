package access

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/binary"
)

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
