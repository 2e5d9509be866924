package sasl

import (
	"crypto/hmac"
	"crypto/sha256"
	"crypto/subtle"
)

// A Secret is what a server keeps of a password for SCRAM-SHA-256 (RFC 5802 §3): enough to
// recognise who knows it, not enough to log in with.
type Secret struct {
	Iterations int
	Salt       []byte
	StoredKey  []byte // 32 octets
	ServerKey  []byte // 32 octets
}

// A Proof is what a client shows in the place of its password. It fits one exchange alone.
type Proof struct {
	dialogue string // AuthMessage of RFC 5802 §3
	client   [sha256.Size]byte
}

// Shows reports whether who made the proof knows the password of which storedKey is kept.
func (p Proof) Shows(storedKey []byte) bool {
	var clientKey [sha256.Size]byte
	subtle.XORBytes(clientKey[:], p.client[:], sign(storedKey, p.dialogue))
	hash := sha256.Sum256(clientKey[:])
	return subtle.ConstantTimeCompare(hash[:], storedKey) == 1
}

// sign is HMAC-SHA-256.
func sign(key []byte, text string) []byte {
	h := hmac.New(sha256.New, key)
	h.Write([]byte(text))
	return h.Sum(nil)
}
