package access

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"pillarbox/appliance/accounts"
)

// What may stand in USER, and that a success is remembered only for the verifier that it was right
// for.
func TestLoginNames(t *testing.T) {
	g := newGuesser(t)
	for user, right := range map[string]bool{
		"anna": true, "Anna": true, "anna@home.arpa": true, "ANNA@NAS.HOME.ARPA": true, "anna@localhost": true, "anna+phone": true, "recent:anna": true,
		"anna@example.com": false, "anna@": false, "hugo": false, "": false, "anna+!": false,
	} {
		login, err := g.Check(t.Context(), Credentials{Client: at("10.0.0.1"), User: user, Password: "annaanna"})
		if right && (err != nil || login.Account != "anna") || !right && err != ErrWrong {
			t.Errorf("%s: %q, %v", user, login.Account, err)
		}
	}
	if g.derived != 1+4 {
		t.Errorf("%d derivations, want one for all that were right and one for each wrong account", g.derived)
	}
	g.verify = (*accounts.Table).Verify
	changed, err := g.Rules().Accounts.SetPassword("anna", "newnewnew")
	if err != nil {
		t.Fatal(err)
	}
	g.Logins.Rules = func() Rules { return rulesOf(changed) }
	g.try(at("10.0.0.1"), "anna", "annaanna", ErrWrong)
	g.try(at("10.0.0.1"), "anna", "newnewnew", nil)
}

// After an hour a login is derived again, and many of them take no more memory than the bound.
func TestRememberedLogins(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newGuesser(t)
		for range 3 {
			g.try(at("10.0.0.1"), "anna", "annaanna", nil)
		}
		if g.derived != 1 {
			t.Errorf("%d derivations of one password", g.derived)
		}
		time.Sleep(rememberFor)
		g.try(at("10.0.0.1"), "anna", "annaanna", nil)
		if g.derived != 2 {
			t.Errorf("%d derivations an hour later", g.derived)
		}
		for n := range 3 * maxRemembered {
			g.remember(tag{2, byte(n), byte(n >> 8)})
		}
		if len(g.recent) > maxRemembered {
			t.Errorf("%d are remembered", len(g.recent))
		}
	})
}

// Logins at once with one right password take one derivation, however many they are: a mail client
// opens several connections, and on a slow core the last would have no turn in time. Those with a
// wrong password take one each.
func TestLoginsAtOnce(t *testing.T) {
	for password, want := range map[string]int{"annaanna": 1, "wrong": 5} {
		synctest.Test(t, func(t *testing.T) {
			g := newGuesser(t)
			g.deriving <- struct{}{} // another derivation
			var group sync.WaitGroup
			for range 5 {
				group.Go(func() { g.pass(t.Context(), at("10.0.0.1"), "anna", password) })
			}
			synctest.Wait()
			<-g.deriving
			group.Wait()
			if g.derived != want {
				t.Errorf("%d derivations for 5 logins by %q, want %d", g.derived, password, want)
			}
		})
	}
}

// Strangers that guess, each from an address of its own, hold up a known client for two
// derivations: the one that runs, and the one that is next.
func TestStrangersHaveTheirOwnLine(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newGuesser(t)
		anna := at("192.168.1.2")
		g.try(anna, "otto", "ottootto", nil)
		clear(g.recent)
		quick := g.verify
		g.verify = func(table *accounts.Table, name, password string) bool {
			time.Sleep(time.Second)
			return quick(table, name, password)
		}
		var group sync.WaitGroup
		busy := 0
		var mu sync.Mutex
		for n := range 50 {
			group.Go(func() {
				if err := g.pass(t.Context(), street(n), "anna", fmt.Sprint(n)); err == ErrBusy {
					mu.Lock()
					defer mu.Unlock()
					busy++
				}
			})
		}
		synctest.Wait()
		if took := g.try(anna, "otto", "ottootto", nil); took > 3*time.Second {
			t.Errorf("a known client waited %v", took)
		}
		group.Wait()
		if want := 50 - int(longestLine/time.Second); busy < want-2 || busy > want+2 {
			t.Errorf("%d of 50 had no turn within %v, want about %d", busy, longestLine, want)
		}
	})
}

// Each wrong password takes one derivation, of an account and of a name that has none, so that time
// does not tell which is which; the same one again takes none of either.
func TestEveryWrongLoginTakesOneDerivation(t *testing.T) {
	for _, test := range []struct{ name, user, password string }{
		{"an account", "anna", "wrong"},
		{"an account at another domain", "anna@example.com", "annaanna"},
		{"an unknown name", "hugo", "wrong"},
		{"no name", "", "wrong"},
		{"a name that cannot be", "../anna", "wrong"},
	} {
		t.Run(test.name, func(t *testing.T) {
			g := newGuesser(t)
			g.try(at("10.0.0.1"), test.user, test.password, ErrWrong)
			g.try(at("10.0.0.1"), test.user, test.password+"2", ErrWrong)
			g.try(at("10.0.0.1"), test.user, test.password, ErrWrong)
			if g.derived != 2 {
				t.Errorf("%d derivations for 2 passwords", g.derived)
			}
		})
	}
}

// A password that was refused at a foreign domain is not refused where it is right.
func TestForeignDomainIsNotRemembered(t *testing.T) {
	g := newGuesser(t)
	g.try(at("10.0.0.1"), "anna@example.com", "annaanna", ErrWrong)
	g.try(at("10.0.0.1"), "anna", "annaanna", nil)
}

// An attempt that ends before its password was looked at is not counted.
func TestUnjudgedAttempts(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newGuesser(t)
		g.deriving <- struct{}{} // a derivation that takes long
		for n := range 100 {
			ctx, cancel := context.WithTimeout(t.Context(), time.Second)
			if err := g.pass(ctx, at("10.0.0.1"), "anna", fmt.Sprint(n)); err != context.DeadlineExceeded {
				t.Fatal(err)
			}
			cancel()
		}
		<-g.deriving
		if took := g.try(at("10.0.0.1"), "anna", "annaanna", nil); took != 0 {
			t.Errorf("the right password waited %v", took)
		}
	})
}

// BenchmarkLogin: what a client costs that looks every minute, and what its first login does.
func BenchmarkLogin(b *testing.B) {
	rules := family(b, "anna")
	for _, kind := range []struct {
		name  string
		first bool
	}{{"again", false}, {"first", true}} {
		b.Run(kind.name, func(b *testing.B) {
			l := NewLogins(NewTable(), func() Rules { return rules }, make([]byte, SecretSize))
			b.ReportAllocs()
			for b.Loop() {
				if kind.first {
					clear(l.recent)
				}
				if _, err := l.Check(b.Context(), Credentials{Client: at("192.168.1.66"), User: "anna", Password: "annaanna"}); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
