package access

import (
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

func TestScram(t *testing.T) {
	g := newGuesser(t)
	for _, tt := range []struct {
		name, user, password string
		want                 string // "": ErrWrong
	}{
		{"the right password", "anna", "annaanna", "anna"},
		{"an address in other letter case", "Anna@Home.Arpa", "annaanna", "anna"},
		{"the wrong password", "anna", "ottootto", ""},
		{"an unknown user", "nobody", "nobodynobody", ""},
		{"a foreign domain", "anna@example.com", "annaanna", ""},
		{"a malformed device", "anna+!", "annaanna", ""},
	} {
		login, err := g.scram(t, at("10.0.0.1"), tt.user, tt.password)
		if login.Account != tt.want || (err == nil) != (tt.want != "") || err != nil && err != ErrWrong {
			t.Errorf("%s: %q, %v; want %q", tt.name, login.Account, err, tt.want)
		}
	}
}

// Guesses by SCRAM are counted together with those by PASS, each of them, also from a client that
// has logged in.
func TestScramIsLimited(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newGuesser(t)
		stranger, known := at("10.0.0.1"), at("10.0.0.2")
		for range firstFailures + 1 {
			if _, err := g.scram(t, stranger, "anna", "the same"); err != ErrWrong {
				t.Errorf("a wrong proof: %v", err)
			}
		}
		if took := g.try(stranger, "anna", "annaanna", nil); took != guessesPair.every {
			t.Errorf("by PASS it took %v", took)
		}
		g.try(known, "anna", "annaanna", nil)
		began := time.Now()
		for n := range 2 * guessesKnown.burst {
			if _, err := g.scram(t, known, "anna", fmt.Sprint(n)); err != ErrWrong && err != ErrBusy {
				t.Fatal(err)
			}
		}
		if took := time.Since(began); took < 9*time.Minute {
			t.Errorf("%d guesses from a known client took %v", 2*guessesKnown.burst, took)
		}
		if _, err := g.scram(t, at("10.0.0.3"), "otto", "ottootto"); err != nil {
			t.Errorf("another client: %v", err)
		}
	})
}

// The salt does not tell who has an account, however the name is written: it is the same for all
// spellings of a name, with an account or without.
func TestSaltsTellNothing(t *testing.T) {
	g := newGuesser(t)
	for _, name := range []string{"anna", "otto", "nobody", "hugo"} {
		salt := g.Secret(name).Salt
		for _, spelling := range []string{"%s@foreign.example", "%s+!", "%s+phone", "recent:%s", "recent:%s+!@foreign.example", "%s@home.arpa"} {
			if got := g.Secret(fmt.Sprintf(spelling, name)).Salt; string(got) != string(salt) {
				t.Errorf("%s: the salt of %s is another one", name, spelling)
			}
		}
		if string(g.Secret(name+"@").Salt) != string(g.Secret("@").Salt) {
			t.Errorf("%s@ has a salt of its own", name)
		}
	}
}

// An unknown name has a secret of the same look, the same after a restart, and another one on
// another server.
func TestUnknownSecret(t *testing.T) {
	path := filepath.Join(t.TempDir(), "secret")
	logins := func(path string) *Logins {
		secret, err := ReadSecret(path)
		if err == nil {
			err = StoreSecret(path, secret)
		}
		if err != nil {
			t.Fatal(err)
		}
		return newGuesserFor(t, family(t, "anna"), NewTable(), secret).Logins
	}
	l := logins(path)
	nobody, anna := l.Secret("nobody"), l.Secret("anna")
	first, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	if again := logins(path).Secret("Nobody@home.arpa"); !reflect.DeepEqual(again, nobody) {
		t.Errorf("after a restart %v, before %v", again, nobody)
	}
	if nobody.Iterations != anna.Iterations || len(nobody.Salt) != len(anna.Salt) {
		t.Errorf("%d iterations and a salt of %d, want %d and %d", nobody.Iterations, len(nobody.Salt), anna.Iterations, len(anna.Salt))
	}
	if reflect.DeepEqual(l.Secret("somebody").Salt, nobody.Salt) {
		t.Error("two unknown names have the same salt")
	}
	if reflect.DeepEqual(logins(filepath.Join(t.TempDir(), "secret")).Secret("nobody"), nobody) {
		t.Error("another server makes the same salts")
	}
	if info, err := os.Stat(path); err != nil || info.Mode() != 0o600 || !os.SameFile(info, first) {
		t.Errorf("the secret, which is written once: %v, %v", info, err)
	}
	os.WriteFile(path, nil, 0o600)
	if _, err := ReadSecret(path); err == nil || !strings.Contains(err.Error(), path) {
		t.Errorf("an empty secret: %v", err)
	}
}
