package sasl

import (
	"crypto/hmac"
	"crypto/sha256"
	"crypto/subtle"
)

// A Secret is what a server stores of a password for SCRAM-SHA-256 (RFC 5802 §3): enough to verify
// a proof of the password, not enough to log in.
type Secret struct {
	Iterations int
	Salt       []byte
	StoredKey  []byte // 32 octets
	ServerKey  []byte // 32 octets
}

// A Proof is what a client sends in place of its password. It is valid in one exchange only.
type Proof struct {
	signed string // AuthMessage of RFC 5802 §3
	client [sha256.Size]byte
}

// Shows reports whether the proof was made with the password of storedKey.
func (p Proof) Shows(storedKey []byte) bool {
	var clientKey [sha256.Size]byte
	subtle.XORBytes(clientKey[:], p.client[:], sign(storedKey, p.signed))
	hash := sha256.Sum256(clientKey[:])
	return subtle.ConstantTimeCompare(hash[:], storedKey) == 1
}

// sign is HMAC-SHA-256.
func sign(key []byte, text string) []byte {
	h := hmac.New(sha256.New, key)
	h.Write([]byte(text))
	return h.Sum(nil)
}
