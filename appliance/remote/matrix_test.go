package remote

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"pillarbox/appliance/config"
	"pillarbox/appliance/remote/session"
)

// TestLostQuit: the reply to QUIT is lost, whether the server has deleted the messages or not:
// nothing comes again, and in the end none is left there.
func TestLostQuit(t *testing.T) {
	for name, deletes := range map[string]bool{"deleted": true, "not deleted": false} {
		x := newPlace(t, 5)
		letters := texts(x.p)
		x.a.After = config.FromNow
		x.p.fail["close"], x.p.deletesAnyway = 1, deletes
		if _, err := x.c.Collect(context.Background(), x.a, false); session.As(err).Kind != session.Network {
			t.Errorf("%s: %v", name, err)
		}
		if r := x.collect(); r.New != 0 || len(x.p.messages) != 0 {
			t.Errorf("%s: %+v, %d are left", name, r, len(x.p.messages))
		}
		if err := once(here(t, x.k.s, letters), letters); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestNothingListed: a provider that lists nothing for some days brings nothing twice when it lists
// its messages again.
func TestNothingListed(t *testing.T) {
	x := newPlace(t, 5)
	x.collect()
	all := x.p.messages
	for later := range forgetDays {
		x.c.Clock = day{today + later, 1}
		x.p.messages = nil
		x.collect()
	}
	x.p.messages = all
	if r := x.collect(); r.New != 0 || r.Listed != 5 {
		t.Errorf("%+v", r)
	}
}

// TestWrongSizes: a size is a hint: whatever it is, the message comes whole, once.
func TestWrongSizes(t *testing.T) {
	x := newPlace(t, 4)
	letters := texts(x.p)
	for i, octets := range []int64{1, 400 * 5 / 3, 999_999, 2} {
		x.p.messages[i].octets = octets
	}
	x.a.After = config.FromNow
	if r := x.collect(); r.New != 4 || r.Deleted != 4 {
		t.Errorf("%+v", r)
	}
	if err := once(here(t, x.k.s, letters), letters); err != nil {
		t.Error(err)
	}
}

// TestOddOctets: a message without a line end, with a zero octet, a bare CR or LF, and a line of
// 1 MB is stored by the rules of SMTP.
func TestOddOctets(t *testing.T) {
	x := newPlace(t, 4)
	head := func(n string) string { return "Message-ID: <" + n + "@example.org>\r\n\r\n" }
	long := strings.Repeat("x", 500_000)
	want := map[string]string{}
	for i, tt := range []struct{ got, want string }{
		{"no end", "no end\r\n"}, {"a\x00b\r\n", "a b\r\n"}, {"a\rb\nc\r\n", "a b\r\nc\r\n"}, {long, long + "\r\n"},
	} {
		name := string(rune('a' + i))
		x.p.messages[i].content = head(name) + tt.got
		want["Message-ID: <"+name+"@example.org>"] = head(name) + tt.want
	}
	if r := x.collect(); r.New != 4 {
		t.Fatalf("%+v", r)
	}
	if err := once(here(t, x.k.s, want), want); err != nil {
		t.Error(err)
	}
}

// TestNoRoom: without room nothing is fetched and nothing deleted, the owner is told once, and it
// goes on by itself.
func TestNoRoom(t *testing.T) {
	x, m := newPlace(t, 3), &mailbag{}
	x.c.Notices = m.notices(filepath.Join(t.TempDir(), "told"))
	x.a.After = config.FromNow
	x.c.Store = crowded{x.k}
	x.p.sent = 0
	if n := x.told(m, 3); n != 1 || slices.Contains(x.p.commands, "fetch") || len(x.p.messages) != 3 {
		t.Errorf("%q, %v", m.subjects, x.p.commands)
	}
	x.c.Store = x.k
	if r := x.collect(); r.New != 3 || len(x.p.messages) != 0 {
		t.Errorf("%+v", r)
	}
}

// crowded is a Store without room.
type crowded struct{ kept }

func (crowded) Room(*Account, int64) error {
	return session.Errorf(session.Full, "the mailbox is full")
}

// TestTwoServers: two servers that collect one account have all messages each, or share them if
// what was stored is deleted at the provider.
func TestTwoServers(t *testing.T) {
	for after, want := range map[config.Span]int{config.Unbounded: 20, config.FromNow: 10} {
		x, y := newPlace(t, 10), newPlace(t, 0)
		y.p = x.p
		y.c = newCollector(y.k, x.p, y.c.Clock)
		x.a.After, y.a.After = after, after
		n := x.collect().New
		n += y.collect().New
		if n != want {
			t.Errorf("after %d: %d messages, want %d", after, n, want)
		}
		if x.collect().New+y.collect().New != 0 {
			t.Errorf("after %d: messages came again", after)
		}
	}
}

// TestOneAccountAlone: a provider that is hostile, or hangs until the end of its session, costs its
// own account the turn, and nothing else.
func TestOneAccountAlone(t *testing.T) {
	for _, kind := range []session.Kind{session.Protocol, session.Network} {
		synctest.Test(t, func(t *testing.T) {
			x := newPlace(t, 3)
			hostile := newAccount()
			hostile.Name, hostile.Mailbox = "hostile", mailbox+1
			good := x.c.Open
			x.c.Open = func(ctx context.Context, a *Account, eras ...uint64) (Session, error) {
				if a == hostile {
					time.Sleep(time.Hour) // the life of a child
					return nil, session.Errorf(kind, "the server breaks the protocol")
				}
				return good(ctx, a, eras...)
			}
			x.c.Accounts = func() []*Account { return []*Account{hostile, x.a} }
			ctx, cancel := context.WithTimeout(t.Context(), 24*time.Hour)
			defer cancel()
			x.c.Run(ctx)
			if n := x.k.Count(x.a.Number()); n != 5 || x.k.Count(hostile.Number()) != 0 {
				t.Errorf("kind %d: %d ids of the other account", kind, n)
			}
			if n := strings.Count(strings.Join(x.p.commands, " "), "open"); n < 10 {
				t.Errorf("kind %d: the other account had %d turns in a day", kind, n)
			}
		})
	}
}

// TestEndlessParts: a provider that makes each session of a deletion slow does not hold up the
// others for longer than one that breaks.
func TestEndlessParts(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		x := newPlace(t, 40*mostDeleted)
		x.collect()
		x.a.After = config.FromNow
		good := x.c.Open
		x.c.Open = func(ctx context.Context, a *Account, eras ...uint64) (Session, error) {
			time.Sleep(30 * time.Minute)
			return good(ctx, a, eras...)
		}
		began := time.Now()
		if r, err := x.c.Collect(context.Background(), x.a, false); err != nil || r.Deleted == 0 || time.Since(began) > mostResumed+time.Hour {
			t.Errorf("%v: %+v, %v", time.Since(began), r, err)
		}
	})
}

// TestChildCrashes: what a child said at its end is in the log, and the account waits.
func TestChildCrashes(t *testing.T) {
	x := newPlace(t, 3)
	x.p.crash = errors.New("the session with the provider ended: exit status 2: panic: boom")
	_, err := x.c.Collect(context.Background(), x.a, false)
	if err == nil || !strings.Contains(err.Error(), "panic: boom") {
		t.Errorf("%v", err)
	}
	if s := x.c.states["a"]; s.failures != 1 || !strings.Contains(s.why, "panic: boom") || time.Until(s.next) < time.Minute {
		t.Errorf("%+v", s)
	}
	x.p.crash = nil
	if r := x.collect(); r.New != 0 && r.New != 3 {
		t.Errorf("%+v", r)
	}
}

// TestMatrix: the tests that the package comment names exist where it says.
func TestMatrix(t *testing.T) {
	text, err := os.ReadFile("doc.go")
	if err != nil {
		t.Fatal(err)
	}
	_, rows, _ := strings.Cut(string(text), "# What can fail")
	rows, _, _ = strings.Cut(rows, "# Files")
	n := 0
	for _, named := range regexp.MustCompile(`(?:(smarthost|outbound|appliance|trust|child|popclient|imapfetch) )?(Test\w+)`).FindAllStringSubmatch(rows, -1) {
		n++
		folder := map[string]string{"": ".", "outbound": "../outbound", "smarthost": "../outbound/smarthost", "appliance": ".."}[named[1]]
		if folder == "" {
			folder = named[1]
		}
		files, err := filepath.Glob(filepath.Join(folder, "*_test.go"))
		if err != nil {
			t.Fatal(err)
		}
		found := slices.ContainsFunc(files, func(file string) bool {
			text, err := os.ReadFile(file)
			return err == nil && strings.Contains(string(text), "func "+named[2]+"(t *testing.T)")
		})
		if !found {
			t.Errorf("%s is not in %s", named[2], folder)
		}
	}
	if n < 40 {
		t.Errorf("%d tests are named: the rows were not found", n)
	}
}
