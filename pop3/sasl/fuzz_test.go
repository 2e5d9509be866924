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
			t.Errorf("Next(%q) let somebody in whom Check refused", r)
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

func nonNil(b []byte) []byte {
	if b == nil {
		return []byte{}
	}
	return b
}
