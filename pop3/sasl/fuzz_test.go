package sasl

import (
	"bytes"
	"strings"
	"testing"
)

// fuzzExchange plays three responses (a nil one is "none") and holds the invariants of doc.go.
func fuzzExchange(t *testing.T, start func(Check) Mechanism, initial bool, responses ...[]byte) (asks int) {
	m := start(func(user, password string) error {
		asks++
		if len(user) == 0 || len(user) > 255 || strings.Contains(user+password, "\x00") {
			t.Errorf("Check(%q, %q): not a user and a password", user, password)
		}
		return errWrong
	})
	if !initial {
		responses = append([][]byte{nil}, responses...)
	}
	over := false
	for _, r := range responses {
		before := bytes.Clone(r)
		challenge, done, err := m.Next(r)
		if !bytes.Equal(before, r) {
			t.Errorf("Next changed the response %q", before)
		}
		if over && (!done || err != ErrMalformed) {
			t.Errorf("after the end Next = %v, %v; want true, %v", done, err, ErrMalformed)
		}
		if !done && (challenge == nil || err != nil) {
			t.Errorf("Next(%q) goes on with challenge %q and error %v", r, challenge, err)
		}
		if done && err == nil {
			t.Errorf("Next(%q) succeeded although Check has failed", r)
		}
		over = over || done
	}
	if asks > 1 {
		t.Errorf("Check was asked %d times", asks)
	}
	return asks
}

func FuzzPlain(f *testing.F) {
	f.Add(true, []byte("\x00anna\x00secret"), []byte(""))
	f.Add(false, []byte("anna\x00anna\x00secret"), []byte("x"))
	f.Add(true, []byte("\x00\x00\x00"), []byte("\x00"))
	f.Fuzz(func(t *testing.T, initial bool, one, two []byte) {
		fuzzExchange(t, NewPlain, initial, nonNil(one), nonNil(two))
	})
}

func FuzzLogin(f *testing.F) {
	f.Add(true, []byte("anna"), []byte("secret"))
	f.Add(false, []byte(""), []byte("secret"))
	f.Add(false, []byte("anna\x00"), []byte("\x00"))
	f.Fuzz(func(t *testing.T, initial bool, one, two []byte) {
		fuzzExchange(t, NewLogin, initial, nonNil(one), nonNil(two), nonNil(two))
	})
}

// Whatever the messages are: no login succeeds without a proof, and a proof is checked once at
// most.
func FuzzScram(f *testing.F) {
	f.Add(true, []byte("n,,n=anna,r=abc"), []byte("c=biws,r=abc"), []byte(",p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ="))
	f.Add(false, []byte("p=tls-exporter,a=anna,n=anna,r=abc,x=y"), []byte("c=,r="), []byte(",p="))
	f.Add(true, []byte("y,,n=a=2Cna,r=abc"), []byte(""), []byte(""))
	f.Fuzz(func(t *testing.T, bound bool, first, final, proof []byte) {
		asks := 0
		var binding []byte
		if bound {
			binding = []byte("exported")
		}
		m := newScram(Questions{
			Secret: func(user string) Secret {
				if !isUser([]byte(user)) {
					t.Errorf("the secret of %q", user)
				}
				return Secret{4096, []byte("salt"), make([]byte, 32), make([]byte, 32)}
			},
			Proof:   func(string, Proof) error { asks++; return errWrong },
			Binding: binding,
		}, bound).(*scram)
		m.nonce = ""
		// The client's nonce is all of it: then the final message can be guessed.
		challenge, done, err := m.Next(nonNil(first))
		if hello, bad := parseFirst(string(first)); bad != nil && err == nil {
			t.Errorf("Next(%q) = %q, which is malformed", first, challenge)
		} else if err == nil && !strings.HasPrefix(string(challenge), "r="+hello.nonce) {
			t.Errorf("Next(%q) = %q: another nonce", first, challenge)
		}
		for !done {
			if challenge, done, err = m.Next(append(nonNil(final), proof...)); !done && challenge == nil {
				t.Error("the exchange goes on without a challenge")
			}
		}
		if err == nil || asks > 1 {
			t.Errorf("the end is %v after %d proofs", err, asks)
		}
		if _, done, err := m.Next(nonNil(final)); !done || err != ErrMalformed {
			t.Errorf("behind the end Next = %v, %v", done, err)
		}
	})
}

func nonNil(b []byte) []byte {
	if b == nil {
		return []byte{}
	}
	return b
}
