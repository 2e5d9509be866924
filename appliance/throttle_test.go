package appliance

import (
	"context"
	"fmt"
	"net/netip"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"pillarbox/appliance/accounts"
)

// guesser makes logins against the accounts anna and otto, whose passwords are their names. They are compared,
// not derived, for a derivation takes time that is not the story's.
type guesser struct {
	*logins
	t       *testing.T
	derived int
}

func newGuesser(t *testing.T) *guesser {
	t.Helper()
	table, err := accounts.Parse("accounts", nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"anna", "otto"} {
		if table, err = table.Add(name, name); err != nil {
			t.Fatal(err)
		}
	}
	g := &guesser{t: t}
	in := &rules{table: table, routing: accounts.NewRouting(table, "nas.home.arpa", []string{"home.arpa"}, nil)}
	g.logins = newLogins(func() *rules { return in }, func(string) {})
	g.verify = func(table *accounts.Table, name, password string) bool {
		g.derived++ // by one at a time
		_, known := table.Lookup(name)
		return known && name == password
	}
	return g
}

// try makes one attempt and returns how long it took.
func (g *guesser) try(from, user, password string, right bool) time.Duration {
	g.t.Helper()
	began := time.Now()
	name, err := g.check(g.t.Context(), user, password, netip.MustParseAddr(from))
	if right && (err != nil || name != accounts.Fold(name) || name == "") || !right && err != errWrong {
		g.t.Errorf("%s with %q from %s: %q, %v", user, password, from, name, err)
	}
	return time.Since(began)
}

func TestThrottle(t *testing.T) {
	const guest, other = "192.168.1.66", "192.168.1.67"
	tests := []struct {
		name  string
		story func(g *guesser) time.Duration // returns the delay in question
		want  time.Duration
	}{
		{"five wrong ones are free", func(g *guesser) (sum time.Duration) {
			for n := range 5 {
				sum += g.try(guest, "anna", fmt.Sprint(n), false)
			}
			return sum
		}, 0},
		{"then one a second", func(g *guesser) (sum time.Duration) {
			for n := range 8 {
				sum += g.try(guest, "anna", fmt.Sprint(n), false)
			}
			return sum
		}, 3 * time.Second},
		{"names count as passwords do", func(g *guesser) (sum time.Duration) {
			for n := range 7 {
				sum += g.try(guest, fmt.Sprint("user", n), "secret", false)
			}
			return sum
		}, 2 * time.Second},
		{"the same pair counts once", func(g *guesser) (sum time.Duration) {
			for range 30 {
				sum += g.try(guest, "anna", "stale", false)
			}
			return sum
		}, 0},
		{"a right password is no faster for a guesser", func(g *guesser) time.Duration {
			g.try(other, "anna", "anna", true) // so that it is remembered
			for n := range 6 {
				g.try(guest, "anna", fmt.Sprint(n), false)
			}
			return g.try(guest, "anna", "anna", true)
		}, time.Second},
		{"others are not delayed", func(g *guesser) time.Duration {
			for n := range 9 {
				g.try(guest, "anna", fmt.Sprint(n), false)
			}
			return g.try(other, "anna", "typo", false) + g.try(other, "anna", "anna", true)
		}, 0},
		{"who has logged in before is never delayed", func(g *guesser) (sum time.Duration) {
			sum = g.try(guest, "anna", "anna", true)
			for n := range 20 {
				sum += g.try(guest, "anna", fmt.Sprint(n), false)
			}
			return sum
		}, 0},
		{"a network of IPv6 is one peer", func(g *guesser) (sum time.Duration) {
			for n := range 7 {
				sum += g.try(fmt.Sprintf("2001:db8::%d", n), "anna", fmt.Sprint(n), false)
			}
			return sum
		}, 2 * time.Second},
		{"the neighbour network is another", func(g *guesser) (sum time.Duration) {
			for n := range 7 {
				sum += g.try(fmt.Sprintf("2001:db8:0:%d::1", n), "anna", fmt.Sprint(n), false)
			}
			return sum
		}, 0},
		{"IPv4 in IPv6 is IPv4", func(g *guesser) (sum time.Duration) {
			for n := range 6 {
				sum += g.try([]string{guest, "::ffff:" + guest}[n%2], "anna", fmt.Sprint(n), false)
			}
			return sum
		}, time.Second},
		{"a quiet hour is forgiven", func(g *guesser) time.Duration {
			for n := range 9 {
				g.try(guest, "anna", fmt.Sprint(n), false)
			}
			time.Sleep(time.Hour + time.Second)
			return g.try(guest, "anna", "again", false)
		}, 0},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				if got := tt.story(newGuesser(t)); got != tt.want {
					t.Errorf("delayed by %v, want %v", got, tt.want)
				}
			})
		})
	}
}

// TestThrottleOfManyAtOnce: attempts that are under way count like failures, so a crowd is no way around.
func TestThrottleOfManyAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newGuesser(t)
		compare := g.verify
		g.verify = func(table *accounts.Table, name, password string) bool {
			time.Sleep(time.Millisecond) // the crowd is in before the first answer
			return compare(table, name, password)
		}
		began := time.Now()
		var crowd sync.WaitGroup
		for n := range 25 {
			crowd.Go(func() { g.try("10.0.0.9", "anna", fmt.Sprint(n), false) })
		}
		crowd.Wait()
		if got := time.Since(began).Truncate(time.Second); got != 20*time.Second {
			t.Errorf("25 attempts took %v, want 20s", got)
		}
	})
}

// TestThrottleEndsWithItsClient: who hangs up waits no longer.
func TestThrottleEndsWithItsClient(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newGuesser(t)
		for n := range 40 {
			go g.check(t.Context(), "anna", fmt.Sprint(n), netip.MustParseAddr("10.0.0.9"))
		}
		synctest.Wait()
		ctx, cancel := context.WithTimeout(t.Context(), 3*time.Second)
		defer cancel()
		if _, err := g.check(ctx, "anna", "anna", netip.MustParseAddr("10.0.0.9")); err != context.DeadlineExceeded {
			t.Errorf("got %v", err)
		}
		time.Sleep(time.Minute)
	})
}

func TestThrottleForgetsStrangersFirst(t *testing.T) {
	throttle := newThrottle()
	friend := peerOf(netip.MustParseAddr("10.0.0.1"))
	throttle.succeeded(friend)
	for n := range 2 * maxPeers {
		throttle.failed(peerOf(netip.AddrFrom4([4]byte{11, 0, byte(n >> 8), byte(n)})), tag{byte(n)})
	}
	if len(throttle.peers) != maxPeers {
		t.Errorf("%d peers are remembered, want %d", len(throttle.peers), maxPeers)
	}
	if r, ok := throttle.peers[friend]; !ok || !r.known {
		t.Error("who has logged in was forgotten before strangers")
	}
}

// TestLoginNames: what may stand in USER, and that a success is remembered only for the verifier it was right for.
func TestLoginNames(t *testing.T) {
	g := newGuesser(t)
	for user, right := range map[string]bool{
		"anna": true, "Anna": true, "anna@home.arpa": true, "ANNA@NAS.HOME.ARPA": true, "anna@localhost": true,
		"anna@example.com": false, "anna@": false, "hugo": false, "": false,
	} {
		g.try("10.0.0.1", user, "anna", right)
	}
	if g.derived != 1+4 {
		t.Errorf("%d derivations, want one for all that were right and one for each wrong", g.derived)
	}
	g.verify = (*accounts.Table).Verify
	changed, err := g.rules().table.SetPassword("anna", "new")
	if err != nil {
		t.Fatal(err)
	}
	in := &rules{table: changed, routing: g.rules().routing}
	g.logins.rules = func() *rules { return in }
	g.try("10.0.0.1", "anna", "anna", false)
	g.try("10.0.0.1", "anna", "new", true)
}

// TestRememberedLoginsExpire: after an hour, and a crowd of them takes no more memory than its bound.
func TestRememberedLoginsExpire(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newGuesser(t)
		g.remember(tag{1})
		time.Sleep(rememberFor)
		if g.remembered(tag{1}) {
			t.Error("remembered for more than its time")
		}
		for n := range 3 * maxRemembered {
			g.remember(tag{2, byte(n), byte(n >> 8)})
		}
		if len(g.recent) > maxRemembered {
			t.Errorf("%d are remembered", len(g.recent))
		}
	})
}

// TestStrangersHaveTheirOwnLine: a crowd that guesses, each from an address of its own, holds up one of the family for two
// derivations: the one that runs, and the one that is next.
func TestStrangersHaveTheirOwnLine(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newGuesser(t)
		g.throttle.succeeded(peerOf(netip.MustParseAddr("192.168.1.2")))
		quick := g.verify
		g.verify = func(table *accounts.Table, name, password string) bool {
			time.Sleep(time.Second)
			return quick(table, name, password)
		}
		var crowd sync.WaitGroup
		for n := range 50 {
			crowd.Go(func() { g.try(street(n), "anna", fmt.Sprint(n), false) })
		}
		synctest.Wait()
		if took := g.try("192.168.1.2", "otto", "otto", true); took > 3*time.Second {
			t.Errorf("one of the family waited %v", took)
		}
		crowd.Wait()
	})
}

// TestEveryWrongLoginTakesOneDerivation: of a name that is here and of one that is not, so that time tells nobody which is which.
func TestEveryWrongLoginTakesOneDerivation(t *testing.T) {
	for _, test := range []struct{ name, user, password string }{
		{"known name", "anna", "wrong"},
		{"known name of another domain", "anna@example.com", "anna"},
		{"unknown name", "hugo", "wrong"},
		{"no name", "", "wrong"},
		{"a name that cannot be", "../anna", "wrong"},
	} {
		t.Run(test.name, func(t *testing.T) {
			g := newGuesser(t)
			g.try("10.0.0.1", test.user, test.password, false)
			g.try("10.0.0.1", test.user, test.password, false)
			if g.derived != 2 {
				t.Errorf("%d derivations for 2 attempts", g.derived)
			}
		})
	}
}
