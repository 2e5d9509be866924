package sasl

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"crypto/subtle"
	"crypto/tls"
	"errors"
)

// A Mechanism is the server side of one authentication exchange (RFC 4422). Challenges
// and responses are decoded octets; base64 and the lines around it belong to the protocol.
type Mechanism interface {
	// Next takes the client's response and returns the next challenge. response is nil at the first
	// call when the client sent no initial response, and an empty non-nil slice when it sent an
	// empty one. done ends the exchange: if err is nil, the client is authenticated.
	Next(response []byte) (challenge []byte, done bool, err error)
}

// A Check verifies a password. Its error ends the exchange and is returned by Next as it is.
type Check func(user, password string) error

// ErrMalformed is returned if the response does not have the form of the mechanism.
var ErrMalformed = errors.New("sasl: malformed response")

// ErrAuthorization is returned if the client wants to act as another user (an authorization
// identity that does not name the user it authenticates as, RFC 4616 §2).
var ErrAuthorization = errors.New("sasl: acting for another user is not possible")

// ErrBinding is returned if the channel binding is not that of this connection, or the client was
// made to believe that there is none: an attacker may be between the two (RFC 5802 §6).
var ErrBinding = errors.New("sasl: the channel binding does not fit")

// Questions are the functions and values that the mechanisms need from the server.
type Questions struct {
	// Password verifies a password (PLAIN, LOGIN).
	Password Check
	// Secret returns what is stored of a user's password (SCRAM), and a value that looks alike for
	// an unknown user, the same each time. If nil, there is no SCRAM.
	Secret func(user string) Secret
	// Proof verifies a proof against what is stored of the user's password (SCRAM). It is called
	// for unknown users too, so that it can count and delay as Password does.
	Proof func(user string, p Proof) error
	// Same reports whether an authorization identity names the user that the client authenticates
	// as (RFC 4422 §3.4.1), perhaps in another spelling. It does not report whether there is such a
	// user. If nil, their octets have to be equal.
	Same func(identity, user string) bool
	// Binding is the tls-exporter value of the connection (RFC 9266), or nil if there is none.
	Binding []byte
}

// mayActAs reports whether the client may act as identity when it authenticates as user.
func (q Questions) mayActAs(identity, user string) bool {
	return identity == "" || identity == user || q.Same != nil && q.Same(identity, user)
}

// maxUser is how many octets a user name may have (RFC 4616 §2: 255 must be accepted).
const maxUser = 255

// isUser reports whether a name has 1…255 octets, none of them NUL.
func isUser(name []byte) bool {
	return len(name) > 0 && len(name) <= maxUser && bytes.IndexByte(name, 0) < 0
}

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

// bindingSize is the length of a channel binding in octets (RFC 9266 §2).
const bindingSize = 32

// Binding returns the tls-exporter value of a connection (RFC 9266), nil below TLS 1.3.
func Binding(state tls.ConnectionState) []byte {
	if state.Version < tls.VersionTLS13 {
		return nil
	}
	value, err := state.ExportKeyingMaterial("EXPORTER-Channel-Binding", []byte{}, bindingSize)
	if err != nil {
		return nil
	}
	return value
}
