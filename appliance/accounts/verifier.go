package accounts

import (
	"bytes"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Iterations is how often the password is hashed for a new verifier: 15,000 take a small ARM core
// some tens of milliseconds.
const Iterations = 15000

// SaltSize is the length of the salt of a new verifier in octets.
const SaltSize = 16

// mostIterations limits the cost of a verifier in the file: a thousand logins take less than a day.
const mostIterations = 10_000_000

const scheme = "SCRAM-SHA-256"

// A Verifier checks a password without containing it (RFC 5803). The zero Verifier accepts none.
type Verifier struct {
	iterations           int
	salt                 []byte
	storedKey, serverKey []byte
}

// NewVerifier makes a verifier with a fresh salt of SaltSize octets.
func NewVerifier(password string) (Verifier, error) {
	if err := checkPassword(password); err != nil {
		return Verifier{}, err
	}
	salt := make([]byte, SaltSize)
	rand.Read(salt) // never fails (crypto/rand)
	return derive(password, salt, Iterations)
}

func derive(password string, salt []byte, iterations int) (Verifier, error) {
	salted, err := saltedPassword(password, salt, iterations)
	if err != nil {
		return Verifier{}, err
	}
	clientKey := mac(salted, "Client Key")
	storedKey := sha256.Sum256(clientKey)
	return Verifier{iterations, salt, storedKey[:], mac(salted, "Server Key")}, nil
}

func mac(key []byte, text string) []byte {
	h := hmac.New(sha256.New, key)
	h.Write([]byte(text))
	return h.Sum(nil)
}

// Verify reports whether the password is right. It takes one derivation, even if the answer is no.
func (v Verifier) Verify(password string) bool {
	if v.iterations == 0 {
		return false
	}
	got, err := derive(password, v.salt, v.iterations)
	// HMAC pads its key with zeros: "a" and "a\x00" have the same result.
	if strings.HasSuffix(password, "\x00") {
		return false
	}
	return err == nil && subtle.ConstantTimeCompare(got.storedKey, v.storedKey) == 1
}

// dummy is verified for unknown names, so that they take as long as known ones. It matches no
// password: no input is known that hashes to zeros.
var dummy = Verifier{Iterations, make([]byte, SaltSize), make([]byte, sha256.Size), make([]byte, sha256.Size)}

// Digest returns the bytes that distinguish this verifier from others, for the keys of a cache.
func (v Verifier) Digest() []byte { return v.storedKey }

// Parts returns what SCRAM needs (RFC 5802 §3). The slices must not be changed.
func (v Verifier) Parts() (iterations int, salt, storedKey, serverKey []byte) {
	return v.iterations, v.salt, v.storedKey, v.serverKey
}

// encode returns the form of RFC 5803 §2.
func (v Verifier) encode() string {
	enc := base64.StdEncoding.EncodeToString
	return scheme + "$" + strconv.Itoa(v.iterations) + ":" + enc(v.salt) + "$" + enc(v.storedKey) + ":" + enc(v.serverKey)
}

// String returns a text without the secret.
func (v Verifier) String() string { return scheme + " verifier" }

var errVerifier = errors.New("the verifier must be " + scheme + "$iterations:salt$StoredKey:ServerKey")

// parseVerifier parses the form of RFC 5803 §2.
func parseVerifier(text string) (Verifier, error) {
	rest, ok := strings.CutPrefix(text, scheme+"$")
	if !ok {
		return Verifier{}, errVerifier
	}
	first, second, _ := strings.Cut(rest, "$")
	count, salt, _ := strings.Cut(first, ":")
	stored, server, _ := strings.Cut(second, ":")
	iterations, err := strconv.Atoi(count)
	if err != nil || iterations < 1 || iterations > mostIterations || count != strconv.Itoa(iterations) {
		return Verifier{}, fmt.Errorf("the verifier's iterations must be 1 to %d", mostIterations)
	}
	v := Verifier{iterations: iterations}
	for _, part := range []struct {
		text   string
		to     *[]byte
		length int // 0: any but zero
	}{{salt, &v.salt, 0}, {stored, &v.storedKey, sha256.Size}, {server, &v.serverKey, sha256.Size}} {
		octets, err := base64.StdEncoding.Strict().DecodeString(part.text)
		if err != nil || len(octets) == 0 || part.length != 0 && len(octets) != part.length || bytes.ContainsAny([]byte(part.text), "\r\n") {
			return Verifier{}, errVerifier
		}
		*part.to = octets
	}
	return v, nil
}

// Limits of a password: the longest in octets, which fits a POP3 command line of 255 (RFC 2449 §4),
// and the shortest new one in characters.
const (
	mostPassword  = 200
	leastPassword = 8
)

// newVerifier is NewVerifier for a new password, which needs leastPassword characters.
func newVerifier(password string) (Verifier, error) {
	if err := checkPassword(password); err != nil {
		return Verifier{}, err
	}
	if utf8.RuneCountInString(password) < leastPassword {
		return Verifier{}, fmt.Errorf("the password is too short: it needs at least %d characters", leastPassword)
	}
	return NewVerifier(password)
}

// checkPassword returns an error if a new password cannot be used. It has to be what a client can
// send in PASS: UTF-8 without control characters. The error contains no character of it.
func checkPassword(password string) error {
	switch {
	case password == "":
		return errors.New("the password is empty")
	case len(password) > mostPassword:
		return fmt.Errorf("the password is longer than %d octets", mostPassword)
	case !utf8.ValidString(password):
		return errors.New("the password is not UTF-8")
	case strings.ContainsFunc(password, func(r rune) bool { return r < ' ' || r == 0x7f }):
		return errors.New("the password contains a control character")
	case strings.ContainsFunc(password, isTreacherous):
		return errors.New("the password contains an unusual space or an invisible character, which some mail clients alter")
	case strings.TrimSpace(password) != password:
		return errors.New("the password begins or ends with a space, which some mail clients drop")
	}
	return nil
}

// isTreacherous reports whether a mail client that prepares passwords (SASLprep, RFC 4013 §2.1:
// tables C.1.2 and B.1 of RFC 3454) sends something else than this character, so that a password
// with it is right in one client and wrong in another.
func isTreacherous(r rune) bool {
	switch {
	case r != ' ' && unicode.Is(unicode.Zs, r): // no-break, thin, ideographic space…
		return true
	case r == 0xad, r == 0x34f, r == 0x1806, 0x180b <= r && r <= 0x180d, 0x200b <= r && r <= 0x200d, r == 0x2060,
		0xfe00 <= r && r <= 0xfe0f, r == 0xfeff: // hyphen, joiners, selectors, byte order mark
		return true
	}
	return false
}
