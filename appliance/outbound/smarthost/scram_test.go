package smarthost

import (
	"crypto/hmac"
	"crypto/pbkdf2"
	"crypto/sha256"
	"errors"
	"strings"
	"testing"

	"pillarbox/pop3/sasl"
)

// secretOf is what a server keeps of a password.
func secretOf(t *testing.T, password string, iterations int) sasl.Secret {
	t.Helper()
	salt := []byte("some salt")
	salted, err := pbkdf2.Key(sha256.New, password, salt, iterations, sha256.Size)
	if err != nil {
		t.Fatal(err)
	}
	mac := func(text string) []byte {
		h := hmac.New(sha256.New, salted)
		h.Write([]byte(text))
		return h.Sum(nil)
	}
	stored := sha256.Sum256(mac("Client Key"))
	return sasl.Secret{Iterations: iterations, Salt: salt, StoredKey: stored[:], ServerKey: mac("Server Key")}
}

var errWrong = errors.New("wrong password")

// logInWith runs an exchange of the client with the server of package sasl, which was written from
// the same RFC by the other side.
func logInWith(t *testing.T, client *scram, secret sasl.Secret, spoil func(challenge []byte) []byte) error {
	t.Helper()
	q := sasl.Questions{
		Password: func(string, string) error { return errWrong },
		Secret:   func(string) sasl.Secret { return secret },
		Proof: func(user string, p sasl.Proof) error {
			if user != client.user || !p.Shows(secret.StoredKey) {
				return errWrong
			}
			return nil
		},
	}
	kind, ok := sasl.Find([]byte("SCRAM-SHA-256"), q)
	if !ok {
		t.Fatal("the server does not know SCRAM")
	}
	server := kind.Start(q)
	response, err := client.next(nil)
	for {
		if err != nil {
			return err
		}
		challenge, done, err2 := server.Next(response)
		if done {
			return errors.Join(err2, client.accepted())
		}
		response, err = client.next(spoil(challenge))
	}
}

func TestScram(t *testing.T) {
	same := func(c []byte) []byte { return c }
	secret := secretOf(t, "a secret", 4096)
	if err := logInWith(t, newScram("an=na,x", "a secret"), secret, same); err != nil {
		t.Errorf("right password: %v", err)
	}
	if err := logInWith(t, newScram("anna", "another"), secret, same); !errors.Is(err, errWrong) {
		t.Errorf("wrong password: %v", err)
	}
	if err := logInWith(t, newScram("anna", "a secret"), secretOf(t, "a secret", 1000), same); err == nil || !strings.Contains(err.Error(), "iterations") {
		t.Errorf("few iterations: %v", err)
	}
	impostor := func(c []byte) []byte {
		if strings.HasPrefix(string(c), "v=") {
			return []byte("v=AAAA")
		}
		return c
	}
	if err := logInWith(t, newScram("anna", "a secret"), secret, impostor); !errors.Is(err, errImpostor) {
		t.Errorf("a wrong signature: %v", err)
	}
	foreign := func(c []byte) []byte { return []byte(strings.Replace(string(c), "r=", "r=x", 1)) }
	if err := logInWith(t, newScram("anna", "a secret"), secret, foreign); !errors.Is(err, ErrProtocol) {
		t.Errorf("another nonce: %v", err)
	}
	if err := newScram("anna", "x").accepted(); !errors.Is(err, errImpostor) {
		t.Errorf("success without a proof: %v", err)
	}
}

// TestScramExtension: attributes behind the iterations are a part of what is signed (RFC 5802
// section 5.1).
func TestScramExtension(t *testing.T) {
	s := newScram("user", "pencil")
	s.nonce = "rOprNGfwEbeRWgbNEkqO"
	if first, err := s.next(nil); err != nil || string(first) != "n,,n=user,r=rOprNGfwEbeRWgbNEkqO" {
		t.Fatalf("%q, %v", first, err)
	}
	server := "r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096"
	proof, err := s.next([]byte(server))
	// RFC 7677 section 3.
	if err != nil || !strings.HasSuffix(string(proof), ",p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=") {
		t.Errorf("%q, %v", proof, err)
	}
	s.step = 1
	other, err := s.next([]byte(server + ",x=1"))
	if err != nil || string(other) == string(proof) {
		t.Errorf("%q, %v", other, err)
	}
}

// FuzzScram: no server message makes the client fail in another way than by an error.
func FuzzScram(f *testing.F) {
	f.Add("r=x,s=eA==,i=4096", "v=AAAA")
	f.Add("r=,s=,i=", "")
	f.Fuzz(func(t *testing.T, first, final string) {
		s := newScram("anna", "x")
		s.nonce = "n"
		s.next(nil)
		if _, err := s.next([]byte(strings.Replace(first, "i=4", "i=x", 1))); err == nil {
			s.next([]byte(final))
		}
	})
}
