package smarthost

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
)

// How often the hash of a password is repeated: less than RFC 7677 allows would reveal it, and more
// would let a server use up the time of a small machine.
const minIterations, maxIterations = 4096, 200_000

// errImpostor is returned for a server that accepts the login without a proof.
var errImpostor = errors.New("the server did not prove that it knows the password (SCRAM)")

// scram is SCRAM-SHA-256 without channel binding (RFC 5802, RFC 7677).
type scram struct {
	user, password string
	nonce          string
	step           int
	bare           string // client-first-message-bare
	want           []byte // the server's signature
	proven         bool
}

func newScram(user, password string) *scram {
	var octets [18]byte
	rand.Read(octets[:]) // never fails (crypto/rand)
	return &scram{user: user, password: password, nonce: base64.StdEncoding.EncodeToString(octets[:])}
}

func (s *scram) next(challenge []byte) ([]byte, error) {
	s.step++
	switch s.step {
	case 1:
		s.bare = "n=" + saslName(s.user) + ",r=" + s.nonce
		return []byte("n,," + s.bare), nil
	case 2:
		return s.proof(string(challenge))
	case 3:
		if err := s.check(string(challenge)); err != nil {
			return nil, err
		}
		return []byte{}, nil
	}
	return nil, fmt.Errorf("%w: a third challenge of SCRAM", ErrProtocol)
}

// proof answers the server's first message: nonce, salt and iterations.
func (s *scram) proof(first string) ([]byte, error) {
	message := first
	var nonce, salt, count string
	for i, prefix := range []string{"r=", "s=", "i="} {
		value, rest, _ := strings.Cut(message, ",")
		value, ok := strings.CutPrefix(value, prefix)
		if !ok {
			return nil, fmt.Errorf("%w: the challenge of SCRAM has no %q", ErrProtocol, prefix)
		}
		*[]*string{&nonce, &salt, &count}[i] = value
		if i < 2 {
			message = rest
		}
	}
	iterations, err := strconv.Atoi(count)
	octets, saltErr := base64.StdEncoding.DecodeString(salt)
	switch {
	case err != nil || saltErr != nil || len(octets) == 0:
		return nil, fmt.Errorf("%w: the challenge of SCRAM cannot be read", ErrProtocol)
	case !strings.HasPrefix(nonce, s.nonce) || len(nonce) == len(s.nonce):
		return nil, fmt.Errorf("%w: the nonce of SCRAM is not the client's", ErrProtocol)
	case iterations < minIterations || iterations > maxIterations:
		return nil, fmt.Errorf("the server asks for %d iterations of SCRAM; %d…%d are accepted", iterations, minIterations, maxIterations)
	}
	salted, err := pbkdf2.Key(sha256.New, s.password, octets, iterations, sha256.Size)
	if err != nil {
		return nil, err
	}
	clientKey := sign(salted, "Client Key")
	storedKey := sha256.Sum256(clientKey)
	bare := "c=biws,r=" + nonce // "n,,"
	dialogue := s.bare + "," + first + "," + bare
	s.want = sign(sign(salted, "Server Key"), dialogue)
	subtle.XORBytes(clientKey, clientKey, sign(storedKey[:], dialogue))
	return []byte(bare + ",p=" + base64.StdEncoding.EncodeToString(clientKey)), nil
}

// check verifies the server's signature.
func (s *scram) check(message string) error {
	text, ok := strings.CutPrefix(message, "v=")
	got, err := base64.StdEncoding.DecodeString(text)
	if !ok || err != nil || !hmac.Equal(got, s.want) {
		return errImpostor
	}
	s.proven = true
	return nil
}

func (s *scram) accepted() error {
	if !s.proven {
		return errImpostor
	}
	return nil
}

func sign(key []byte, text string) []byte {
	h := hmac.New(sha256.New, key)
	h.Write([]byte(text))
	return h.Sum(nil)
}

// saslName escapes a name for GS2 (RFC 5801 section 4).
func saslName(name string) string {
	return strings.NewReplacer("=", "=3D", ",", "=2C").Replace(name)
}
