package access

import (
	"context"
	"fmt"
	"path/filepath"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"pillarbox/appliance/accounts"
)

// A siege is some clients that guess at anna's password without a pause, while the owner logs in.
type siege struct {
	*guesser
	rules  Rules
	secret []byte
	path   string
}

// siegePace is how often one of the clients tries.
const siegePace = 40 * time.Second

func (s *siege) guess(ctx context.Context, n int, from func(try int) Client) {
	for try := 0; ctx.Err() == nil; try++ {
		began := time.Now()
		err := s.pass(ctx, from(try), "anna", fmt.Sprint("guess ", n, ".", try))
		if pace := siegePace - time.Since(began); err == ErrBusy && pace > 0 {
			time.Sleep(pace) // there are always others that wait
		}
	}
}

// owner logs in and returns how long it took.
func (s *siege) owner(t *testing.T, from Client) time.Duration {
	t.Helper()
	began := time.Now()
	for time.Since(began) < time.Hour {
		err := s.pass(t.Context(), from, "anna", "annaanna")
		if err == nil {
			return time.Since(began)
		}
		if err != ErrBusy {
			t.Fatalf("the owner from %s: %v", from, err)
		}
	}
	t.Errorf("the owner cannot log in from %s within an hour", from)
	return time.Hour
}

// restart forgets all but the file.
func (s *siege) restart(t *testing.T) {
	judged := 0
	if s.guesser != nil {
		judged = s.judged
		if err := s.Table.Save(s.path); err != nil {
			t.Fatal(err)
		}
	}
	table := NewTable()
	if err := table.Open(s.path, s.secret, time.Now()); err != nil {
		t.Fatal(err)
	}
	s.guesser = newGuesserFor(t, s.rules, table, s.secret)
	s.judged = judged
}

// within returns how many tokens a bucket yields in that time at most: those that it holds and
// those that it gets meanwhile.
func (r rate) within(d time.Duration) int { return int(r.burst) + int(d/r.every) }

// TestGuessesOfADay: at most 10,000 guesses a day are checked against one account. Meanwhile the
// owner logs in within a minute from a new address, and at once from an old one, also after a
// restart.
func TestGuessesOfADay(t *testing.T) {
	const most = 10_000
	old, other := at("192.168.1.2"), neighbour(0xffff)
	tests := []struct {
		name    string
		clients int // how many guess at a time
		from    func(n, try int) Client
		most    func(in func(rate) int) int // guesses, as in the table of doc.go
		botnet  bool                        // it takes all that is kept for new clients
	}{
		{"from one address", 8, func(n, try int) Client { return street(1) },
			func(in func(rate) int) int { return firstFailures + in(guessesFurther) }, false},
		{"from 250 addresses", 250, func(n, try int) Client { return street(n) },
			func(in func(rate) int) int { return 250*firstFailures + in(guessesFurther) }, false},
		{"from more addresses than are remembered", 50, func(n, try int) Client { return street(n + 50*try) },
			func(in func(rate) int) int { return in(guessesFirst) + in(guessesFurther) }, true},
		{"from 250 addresses of a /64", 250, func(n, try int) Client { return neighbour(n) },
			func(in func(rate) int) int {
				return in(guessesNetworkFirst) + min(in(guessesNetworkFurther), in(guessesFurther))
			}, false},
		{"from a new address of a /64 each time", 32, func(n, try int) Client { return neighbour(n + 32*try) },
			func(in func(rate) int) int { return in(guessesNetworkFirst) }, false},
		{"from the owner's own address", 8, func(n, try int) Client { return old },
			func(in func(rate) int) int { return in(guessesKnown) + in(rate{0, refillEvery / refill}) }, false},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				day, clients := 24*time.Hour, test.clients
				if testing.Short() {
					day, clients = time.Hour, min(clients, 40)
				}
				s := &siege{rules: family(t, "anna"), secret: make([]byte, SecretSize), path: filepath.Join(t.TempDir(), "known")}
				s.restart(t)
				s.owner(t, old)
				s.owner(t, other)
				end := s.begin(t, clients, test.from)
				for hour := range int(day / time.Hour) {
					time.Sleep(time.Hour)
					if took := s.owner(t, other); took != 0 {
						t.Errorf("hour %d: %v from an old address", hour, took)
					}
					if test.botnet {
						continue // there is no telling the owner's new address from one more of its
					}
					if took := s.owner(t, at(fmt.Sprintf("172.16.1.%d", hour))); took > time.Minute {
						t.Errorf("hour %d: %v from a new address", hour, took)
					}
				}
				end()
				want := test.most(func(r rate) int { return r.within(day) })
				if s.judged > min(most, want+1) || !testing.Short() && s.judged < want/3 {
					t.Errorf("%d guesses were judged in %v, want at most %d", s.judged, day, want)
				}
				s.restart(t)
				end = s.begin(t, clients, test.from)
				time.Sleep(time.Minute)
				if took := s.owner(t, other); took != 0 {
					t.Errorf("after a restart: %v from an old address", took)
				}
				end()
			})
		})
	}
}

// begin begins to guess from some clients.
func (s *siege) begin(t *testing.T, clients int, from func(n, try int) Client) (end func()) {
	ctx, cancel := context.WithCancel(t.Context())
	for n := range clients {
		go s.guess(ctx, n, func(try int) Client { return from(n, try) })
	}
	return func() {
		cancel()
		time.Sleep(siegePace)
		synctest.Wait()
	}
}

// What a client notices that mistypes its password.
func TestMistakes(t *testing.T) {
	guest, other := at("192.168.1.66"), at("192.168.1.67")
	tests := []struct {
		name  string
		story func(g *guesser) time.Duration // returns the delay in question
		want  time.Duration
	}{
		{"five wrong passwords are free", func(g *guesser) (sum time.Duration) {
			for n := range 5 {
				sum += g.try(guest, "anna", fmt.Sprint(n), ErrWrong)
			}
			return sum
		}, 0},
		{"then one in 10 s", func(g *guesser) (sum time.Duration) {
			for n := range 8 {
				sum += g.try(guest, "anna", fmt.Sprint(n), ErrWrong)
			}
			return sum
		}, 20 * time.Second},
		{"the same password counts once", func(g *guesser) (sum time.Duration) {
			for range 30 {
				sum += g.try(guest, "anna", "stale", ErrWrong)
			}
			return sum
		}, 0},
		{"a right password is no faster for a guesser", func(g *guesser) time.Duration {
			g.try(other, "anna", "annaanna", nil) // so that it is remembered
			for n := range 6 {
				g.try(guest, "anna", fmt.Sprint(n), ErrWrong)
			}
			return g.try(guest, "anna", "annaanna", nil)
		}, 10 * time.Second},
		{"other clients are not delayed", func(g *guesser) time.Duration {
			for n := range 9 {
				g.try(guest, "anna", fmt.Sprint(n), ErrWrong)
			}
			return g.try(other, "anna", "typo", ErrWrong) + g.try(other, "anna", "annaanna", nil)
		}, 0},
		{"other accounts are not delayed", func(g *guesser) time.Duration {
			for n := range 9 {
				g.try(guest, "anna", fmt.Sprint(n), ErrWrong)
			}
			return g.try(guest, "otto", "ottootto", nil)
		}, 0},
		{"a known client has 60", func(g *guesser) (sum time.Duration) {
			g.try(guest, "anna", "annaanna", nil)
			for n := range 60 {
				sum += g.try(guest, "anna", fmt.Sprint(n), ErrWrong)
			}
			return sum
		}, 0},
		{"a right password gives back what it took", func(g *guesser) (sum time.Duration) {
			for range 200 {
				sum += g.try(guest, "anna", "annaanna", nil)
			}
			return sum
		}, 0},
		{"a name without an account is delayed alike", func(g *guesser) (sum time.Duration) {
			for n := range 8 {
				sum += g.try(guest, "nobody", fmt.Sprint(n), ErrWrong)
			}
			return sum
		}, 20 * time.Second},
		{"many names are delayed too", func(g *guesser) (sum time.Duration) {
			for n := range 22 {
				sum += g.try(guest, fmt.Sprint("user", n), "secret", ErrWrong)
			}
			return sum
		}, 4 * time.Second},
		{"a day without an attempt is forgiven", func(g *guesser) time.Duration {
			for n := range 9 {
				g.try(guest, "anna", fmt.Sprint(n), ErrWrong)
			}
			time.Sleep(forgiveAfter + 2*time.Second)
			return g.try(guest, "anna", "again", ErrWrong) + g.try(guest, "anna", "and again", ErrWrong)
		}, 0},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				if got := test.story(newGuesser(t)); got != test.want {
					t.Errorf("delayed by %v, want %v", got, test.want)
				}
			})
		})
	}
}

// TestRefillIsBounded: another client at the owner's address cannot guess without an end by the
// owner's own logins.
func TestRefillIsBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newGuesser(t)
		house := at("172.17.0.1")
		for range 24 * 60 {
			g.pass(t.Context(), house, "anna", "annaanna")
			for n := range 5 {
				ctx, cancel := context.WithTimeout(t.Context(), time.Second)
				g.pass(ctx, house, "anna", fmt.Sprint(n, time.Now()))
				cancel()
			}
			time.Sleep(time.Minute - 5*time.Second)
		}
		if want := guessesKnown.within(24*time.Hour) + 24*refill; g.judged > want || g.judged < want/2 {
			t.Errorf("%d guesses were judged, want at most %d", g.judged, want)
		}
	})
}

// TestManyAtOnce: attempts in progress count like failures, so that many at once do not evade the
// limits.
func TestManyAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newGuesser(t)
		compare := g.verify
		g.verify = func(table *accounts.Table, name, password string) bool {
			time.Sleep(time.Millisecond) // all have come before the first answer
			return compare(table, name, password)
		}
		var group sync.WaitGroup
		for n := range 25 {
			group.Go(func() { g.pass(t.Context(), at("10.0.0.9"), "anna", fmt.Sprint(n)) })
		}
		group.Wait()
		if g.judged != firstFailures+2 {
			t.Errorf("%d of 25 were judged within 10 s, want %d", g.judged, firstFailures+2)
		}
	})
}

// TestAbandonedAttempts: 300 attempts that were given up lock no client out; at most 8 of a client
// wait, and for 10 s.
func TestAbandonedAttempts(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newGuesser(t)
		guest := at("10.0.0.9")
		for n := range 6 {
			g.try(guest, "anna", fmt.Sprint(n), ErrWrong)
		}
		for n := range 300 {
			ctx, cancel := context.WithCancel(t.Context())
			var err error
			go func() { err = g.pass(ctx, guest, "anna", fmt.Sprint("more ", n)) }()
			synctest.Wait()
			cancel()
			synctest.Wait()
			if err != context.Canceled {
				t.Fatalf("attempt %d: %v", n, err)
			}
		}
		if took := g.try(guest, "anna", "annaanna", nil); took != 10*time.Second {
			t.Errorf("the right password waited %v", took)
		}
	})
}

func TestWaitingIsBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newGuesser(t)
		guest := at("10.0.0.9")
		for n := range 40 { // empties what all strangers have
			g.pass(t.Context(), guest, "anna", fmt.Sprint(n))
		}
		took := make(map[time.Duration]int)
		var group sync.WaitGroup
		var mu sync.Mutex
		for n := range mostWaiting + 3 {
			group.Go(func() {
				began := time.Now()
				err := g.pass(t.Context(), guest, "anna", fmt.Sprint("more ", n))
				mu.Lock()
				defer mu.Unlock()
				if err == ErrBusy {
					took[time.Since(began)]++
				}
			})
		}
		group.Wait()
		if took[briefPause] != 3 || took[longestWait] < mostWaiting-1 {
			t.Errorf("refused after %v, want 3 after %v, the others after %v", took, briefPause, longestWait)
		}
		for _, e := range g.Table.clients.entries {
			c, r := e.key, e.value
			if r.open != nil {
				t.Errorf("%s still waits", c)
			}
		}
	})
}

// One warning names account and client after 20 failures in a row, and none is about names that
// have no account.
func TestAlarm(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newGuesser(t)
		known := at("192.168.1.2")
		g.try(known, "anna", "annaanna", nil)
		for n := range alarmAt - 1 {
			g.try(known, "anna", fmt.Sprint(n), ErrWrong)
		}
		g.try(known, "anna", "annaanna", nil)
		if len(g.alarms) != 0 {
			t.Errorf("%v after %d failures and a success", g.alarms, alarmAt-1)
		}
		for n := range 2 * alarmAt {
			g.try(known, "anna", fmt.Sprint("again ", n), ErrWrong)
		}
		for n := range 2 * alarmAt {
			g.try(at("192.168.1.3"), "nobody", fmt.Sprint(n), ErrWrong)
		}
		if len(g.alarms) != 1 || g.alarms[0] != "anna 192.168.1.2" {
			t.Errorf("the warnings are %v", g.alarms)
		}
		time.Sleep(alarmAgain)
		g.try(known, "anna", "once more", ErrWrong)
		if len(g.alarms) != 2 {
			t.Errorf("the warnings are %v an hour later", g.alarms)
		}
	})
}
