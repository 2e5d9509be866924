package remote

import (
	"context"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"pillarbox/appliance/config"
	"pillarbox/appliance/remote/session"
)

// TestEmpty: a message of which nothing comes is neither stored nor deleted.
func TestEmpty(t *testing.T) {
	x := newPlace(t, 3)
	x.p.messages[1].content, x.p.messages[1].octets = "", 400
	x.a.After = config.FromNow
	if r := x.collect(); r.New != 2 || r.Failed != 1 || r.Deleted != 2 || len(x.p.messages) != 1 {
		t.Errorf("%+v, %d are left", r, len(x.p.messages))
	}
}

// TestTooLong: a message that is longer than its size says ends the collection, and is not fetched
// by the next one.
func TestTooLong(t *testing.T) {
	x := newPlace(t, 3)
	x.a.Largest = 1000
	x.p.messages[1] = newLetter(1, 5000)
	x.p.messages[1].octets = 400
	if r, err := x.c.Collect(context.Background(), x.a, false); err == nil || session.As(err).Kind != session.Protocol || r.New != 1 || r.TooLarge != 1 || x.p.commands[len(x.p.commands)-1] != "fetch" {
		t.Errorf("%+v, %v, %v", r, err, x.p.commands)
	}
	sent := x.p.sent
	if r := x.collect(); r.New != 1 || r.Failed != 1 || x.p.sent > sent+1000 {
		t.Errorf("the next one: %+v, %d octets", r, x.p.sent-sent)
	}
}

// TestLeftOut: a message at which the line breaks is tried last and always again; one that the
// provider refuses, or breaks the protocol for, is left out after three times, for a day.
func TestLeftOut(t *testing.T) {
	for kind, attempts := range map[session.Kind]int{session.Network: 6, session.Busy: 6, session.Refused: 3, session.Protocol: 3} {
		x := newPlace(t, 5)
		x.p.broken = map[uint64]session.Kind{1: kind}
		for range 6 {
			x.c.Collect(context.Background(), x.a, false)
		}
		if n := x.k.Count(x.a.Number()) - 2; n != 4 {
			t.Errorf("kind %d: %d of the others are here", kind, n)
		}
		tried := func() (n int) {
			for _, command := range x.p.commands {
				if command == "fetch" {
					n++
				}
			}
			return n - 4
		}
		if tried() != attempts {
			t.Errorf("kind %d: %d attempts, want %d", kind, tried(), attempts)
		}
		x.p.broken = nil
		x.c.states["a"].cleared = time.Now().Add(-25 * time.Hour)
		if r := x.collect(); r.New != 1 {
			t.Errorf("kind %d, a day later: %+v", kind, r)
		}
	}
}

// TestFullSpool: a store that takes nothing for a while leaves no message out.
func TestFullSpool(t *testing.T) {
	x := newPlace(t, 2)
	x.c.Store = full{x.k}
	for range 4 {
		if _, err := x.c.Collect(context.Background(), x.a, false); !errors.Is(err, errFull) {
			t.Fatal(err)
		}
	}
	x.c.Store = x.k
	if r := x.collect(); r.New != 2 {
		t.Errorf("%+v", r)
	}
}

// full is a Store that takes no message now.
type full struct{ kept }

var errFull = errors.New("the spool is full")

func (full) Begin(context.Context, *Account, ID, int64) (Delivery, error) { return nil, errFull }

// TestSlow: a provider that sends hardly anything does not hold up the other accounts for days.
func TestSlow(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		x := newPlace(t, 0)
		x.p.messages = []*letter{newLetter(0, 40_000)}
		x.p.breaks, x.p.stable, x.p.slow = 200, true, time.Hour
		r, err := x.c.Collect(context.Background(), x.a, false)
		if err == nil || session.As(err).Kind != session.Network || r.Took > 3*time.Hour {
			t.Errorf("%+v, %v", r, err)
		}
	})
}

// TestDailyOfParts: the octets of a day are those of all sessions of a collection.
func TestDailyOfParts(t *testing.T) {
	x := newPlace(t, 60)
	x.collect()
	for n := range 40 {
		x.p.messages = append(x.p.messages, newLetter(100+n, 400))
	}
	size := int64(len(x.p.messages[99].content))
	x.a.After = config.FromNow
	x.c.states["a"].octets = 0
	x.a.Daily = config.Size(size*4 + size/2)
	if r := x.collect(); r.New != 4 || r.Deleted != 64 {
		t.Errorf("%+v", r)
	}
}

// TestKeeps: a provider that confirms deletions and keeps the messages is not asked again and
// again.
func TestKeeps(t *testing.T) {
	x := newPlace(t, 120)
	x.a.After = config.FromNow
	x.p.keeps = true
	x.collect()
	n := 0
	for _, command := range x.p.commands {
		if command == "open" {
			n++
		}
	}
	if n != 2 {
		t.Errorf("%d sessions", n)
	}
}

// TestNewLogin: a secret that was stored again ends the wait for a person, even if it is the same.
func TestNewLogin(t *testing.T) {
	s, a := &state{}, newAccount()
	a.Login.Secret, a.Generation = "same", "1"
	refusal := session.Errorf(session.Auth, "refused")
	s.after(a, time.Now(), refusal)
	if s.asks(a) {
		t.Error("after one refusal")
	}
	s.after(a, time.Now(), refusal)
	if !s.asks(a) {
		t.Error("not after two refusals")
	}
	a.Generation = "2"
	if s.asks(a) {
		t.Error("after a login")
	}
	if s.after(a, time.Now(), refusal); s.asks(a) {
		t.Error("after a login and one refusal")
	}
}

// TestPutOff: as long as nothing may be fetched no provider is asked, and no time is lost after it.
func TestPutOff(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		x := newPlace(t, 2)
		x.c.Accounts = func() []*Account { return []*Account{x.a} }
		off := true
		x.c.PutOff = func() error {
			if off {
				return errFull
			}
			return nil
		}
		for _, want := range []int{0, 4} {
			ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
			x.c.Run(ctx)
			cancel()
			if n := x.k.Count(x.a.Number()); n != want {
				t.Errorf("%d ids, want %d", n, want)
			}
			off = false
		}
	})
}

// TestLoginDelay: a server that wants time between two logins gets it, whatever the configuration
// says, and also while there is more to delete.
func TestLoginDelay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		x := newPlace(t, 3*mostDeleted)
		x.a.After, x.a.Every, x.p.wait = config.FromNow, config.Duration(time.Minute), 15*time.Minute
		x.c.Accounts = func() []*Account { return []*Account{x.a} }
		ctx, cancel := context.WithTimeout(t.Context(), time.Hour+time.Minute)
		defer cancel()
		x.c.Run(ctx)
		if n := strings.Count(strings.Join(x.p.commands, " "), "open"); n < 4 || n > 5 {
			t.Errorf("%d logins in an hour", n)
		}
		if len(x.p.messages) != 0 {
			t.Errorf("%d messages are left", len(x.p.messages))
		}
	})
}
