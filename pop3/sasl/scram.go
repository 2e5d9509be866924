package sasl

import (
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"strconv"
	"strings"
)

// newScram returns one exchange of SCRAM-SHA-256 (RFC 5802, RFC 7677), or with bound of
// SCRAM-SHA-256-PLUS.
func newScram(q Questions, bound bool) Mechanism {
	return &scram{ask: q, bound: bound, next: (*scram).first, nonce: newNonce()}
}

// newNonce returns 144 random bits.
func newNonce() string {
	var octets [18]byte
	rand.Read(octets[:]) // never fails (crypto/rand)
	return base64.StdEncoding.EncodeToString(octets[:])
}

// A scram is an exchange; next is what its state does with a response.
type scram struct {
	ask   Questions
	bound bool // as SCRAM-SHA-256-PLUS
	next  func(*scram, string) (string, error)

	nonce     string // the server's, later the client's and the server's
	hello     clientFirst
	challenge string // server-first-message
	secret    Secret
}

func (s *scram) Next(response []byte) ([]byte, bool, error) {
	if s.next == nil {
		return nil, true, ErrMalformed
	}
	if response == nil && s.challenge == "" {
		return []byte{}, false, nil
	}
	challenge, err := s.next(s, string(response))
	if err != nil {
		s.next = nil
	}
	if s.next == nil {
		return nil, true, err
	}
	return []byte(challenge), false, nil
}

// first takes the client's first message and answers with nonce, salt and iterations.
func (s *scram) first(message string) (string, error) {
	hello, err := parseFirst(message)
	if err != nil {
		return "", err
	}
	if err := s.checkBinding(hello.flag); err != nil {
		return "", err
	}
	if !s.ask.mayActAs(hello.authzid, hello.user) {
		return "", ErrAuthorization
	}
	s.hello = hello
	s.nonce = hello.nonce + s.nonce
	s.secret = s.ask.Secret(hello.user)
	s.challenge = "r=" + s.nonce + ",s=" + base64.StdEncoding.EncodeToString(s.secret.Salt) + ",i=" + strconv.Itoa(s.secret.Iterations)
	s.next = (*scram).final
	return s.challenge, nil
}

// checkBinding compares the client's flag with what this server offers (RFC 5802 §6): "y" means
// that the client can bind and was not offered it. If it was, an attacker has removed it from the
// list.
func (s *scram) checkBinding(flag string) error {
	switch {
	case s.bound && flag != "p=tls-exporter":
		return ErrBinding
	case !s.bound && flag == "y" && s.ask.Binding != nil:
		return ErrBinding
	case !s.bound && flag != "y" && flag != "n":
		return ErrBinding
	}
	return nil
}

// final checks the client's proof, and returns the server's, which shows the client that the server
// has the secret.
func (s *scram) final(message string) (string, error) {
	bare, proof, ok := cutProof(message)
	if !ok {
		return "", ErrMalformed
	}
	binding, nonce, ok := parseFinal(bare)
	if !ok || nonce != s.nonce {
		return "", ErrMalformed
	}
	want := s.hello.gs2
	if s.bound {
		want += string(s.ask.Binding)
	}
	if subtle.ConstantTimeCompare(binding, []byte(want)) != 1 {
		return "", ErrBinding
	}
	signed := s.hello.bare + "," + s.challenge + "," + bare
	if err := s.ask.Proof(s.hello.user, Proof{signed, proof}); err != nil {
		return "", err
	}
	s.next = (*scram).last
	return "v=" + base64.StdEncoding.EncodeToString(sign(s.secret.ServerKey, signed)), nil
}

// last takes the empty response to the server's proof. Neither POP3 nor SMTP can send it beside
// their success, so it is a challenge (RFC 4422 §4).
func (s *scram) last(message string) (string, error) {
	s.next = nil
	if message != "" {
		return "", ErrMalformed
	}
	return "", nil
}

// cutProof splits the client's final message before ",p=" and decodes what follows it.
func cutProof(message string) (bare string, proof [sha256.Size]byte, ok bool) {
	at := strings.LastIndex(message, ",p=")
	if at < 0 {
		return "", proof, false
	}
	octets, err := strict.DecodeString(message[at+len(",p="):])
	return message[:at], proof, err == nil && copy(proof[:], octets) == len(octets) && len(octets) == len(proof)
}
