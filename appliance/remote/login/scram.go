package login

import (
	"crypto/hmac"
	"crypto/pbkdf2"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"pillarbox/appliance/remote/session"
)

// A Mechanism is one exchange. It has the methods of a sasl.Client of go-sasl, so that an IMAP
// client takes it as it is.
type Mechanism interface {
	// Start returns the name and the initial response, nil for none.
	Start() (name string, response []byte, err error)
	// Next returns the response to a challenge. It returns an error if the exchange must end.
	Next(challenge []byte) (response []byte, err error)
}

// errUnexpected is returned for a challenge that the mechanism does not have.
var errUnexpected = session.Errorf(session.Protocol, "the server breaks the protocol: a challenge that the mechanism does not have")

// The rounds of PBKDF2 that a server may ask for.
const (
	leastRounds = 1000
	mostRounds  = 600_000
)

// scram is SCRAM-SHA-256 without a channel binding.
type scram struct {
	login    session.Login
	nonce    string
	first    string // client-first-message-bare
	expected []byte // the server's signature
	step     int
}

func newScram(l session.Login) *scram {
	return &scram{login: l, nonce: rand.Text()}
}

// saslName writes a user as a name of RFC 5802 §5.1.
func saslName(user string) string {
	return strings.NewReplacer("=", "=3D", ",", "=2C").Replace(user)
}

func (s *scram) Start() (string, []byte, error) {
	s.first = "n=" + saslName(s.login.User) + ",r=" + s.nonce
	return "SCRAM-SHA-256", []byte("n,," + s.first), nil
}

func (s *scram) Next(challenge []byte) ([]byte, error) {
	s.step++
	switch s.step {
	case 1:
		return s.prove(string(challenge))
	case 2:
		return s.check(string(challenge))
	case 3:
		if len(challenge) == 0 {
			return []byte{}, nil
		}
	}
	return nil, errUnexpected
}

// prove answers the server's salt and rounds with the client's proof.
func (s *scram) prove(challenge string) ([]byte, error) {
	attributes := strings.Split(challenge, ",")
	if len(attributes) < 3 {
		return nil, errUnexpected
	}
	nonce, ok1 := strings.CutPrefix(attributes[0], "r=")
	encoded, ok2 := strings.CutPrefix(attributes[1], "s=")
	digits, ok3 := strings.CutPrefix(attributes[2], "i=")
	salt, err := base64.StdEncoding.DecodeString(encoded)
	rounds, failed := strconv.Atoi(digits)
	if !ok1 || !ok2 || !ok3 || err != nil || failed != nil || len(salt) == 0 || !strings.HasPrefix(nonce, s.nonce) || nonce == s.nonce {
		return nil, errUnexpected
	}
	if rounds < leastRounds || rounds > mostRounds {
		return nil, fmt.Errorf("the server asks for %d rounds of PBKDF2, which is outside of %d to %d", rounds, leastRounds, mostRounds)
	}
	salted, err := pbkdf2.Key(sha256.New, s.login.Secret, salt, rounds, sha256.Size)
	if err != nil {
		return nil, err
	}
	last := "c=biws,r=" + nonce
	dialogue := s.first + "," + challenge + "," + last
	key := sign(salted, "Client Key")
	stored := sha256.Sum256(key)
	proof := make([]byte, sha256.Size)
	subtle.XORBytes(proof, key, sign(stored[:], dialogue))
	s.expected = sign(sign(salted, "Server Key"), dialogue)
	return []byte(last + ",p=" + base64.StdEncoding.EncodeToString(proof)), nil
}

// check verifies that the server knows the password.
func (s *scram) check(challenge string) ([]byte, error) {
	if reason, refused := strings.CutPrefix(challenge, "e="); refused {
		return nil, session.Errorf(session.Auth, "the server refused the login: %s", session.Printable(reason))
	}
	encoded, _, _ := strings.Cut(strings.TrimPrefix(challenge, "v="), ",")
	signature, err := base64.StdEncoding.DecodeString(encoded)
	if err != nil || subtle.ConstantTimeCompare(signature, s.expected) != 1 {
		return nil, errors.New("the server has not proven that it knows the password")
	}
	return []byte{}, nil
}

func sign(key []byte, text string) []byte {
	h := hmac.New(sha256.New, key)
	h.Write([]byte(text))
	return h.Sum(nil)
}
