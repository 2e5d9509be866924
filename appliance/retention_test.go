package appliance

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"pillarbox/appliance/clock"
	"pillarbox/appliance/config"
	"pillarbox/appliance/statedir"
)

const day = 24 * time.Hour

// A desk is a machine whose clocks a test moves.
type desk struct {
	mu sync.Mutex
	at clock.Reading
}

func newDesk() *desk {
	return &desk{at: clock.Reading{Wall: time.Date(2026, 12, 1, 12, 0, 0, 0, time.UTC), Up: time.Hour}}
}

func (d *desk) read() clock.Reading {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.at
}

// pass lets time pass.
func (d *desk) pass(by time.Duration) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.at.Wall, d.at.Up = d.at.Wall.Add(by), d.at.Up+by
}

// set sets the wall clock.
func (d *desk) set(to time.Time) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.at.Wall = to
}

// startAt starts a box on a desk, which it looks at all the time.
func startAt(t *testing.T, c *config.Config, d *desk) *box {
	t.Helper()
	return start(t, c, Options{Clock: d.read, LookEvery: 2 * time.Millisecond})
}

// elapse lets at least an hour pass, and waits until the box has looked for mail whose time has
// come.
func (b *box) elapse(d *desk, by time.Duration) {
	b.t.Helper()
	before := b.log.FilterMessage("looked for expired messages").Len()
	d.pass(by)
	b.await("looked for expired messages", before+1)
}

// sees checks how many messages a login has.
func (b *box) sees(want map[string]int) {
	b.t.Helper()
	for user, n := range want {
		c := b.dial("pop3.listen")
		account := strings.TrimPrefix(user, "recent:")
		account, _, _ = strings.Cut(account, "+")
		c.must("USER "+user, "PASS "+account)
		if got := c.say("STAT"); !strings.HasPrefix(got, fmt.Sprintf("+OK %d ", n)) {
			b.t.Errorf("%s: STAT was answered %q, want %d messages", user, got, n)
		}
		c.must("QUIT")
		c.Close()
	}
}

// expire returns the EXPIRE line of CAPA.
func (c *client) expire() string {
	c.t.Helper()
	c.must("CAPA")
	lines, err := c.ReadDotLines()
	if err != nil {
		c.t.Fatal(err)
	}
	for _, line := range lines {
		if strings.HasPrefix(line, "EXPIRE") {
			return line
		}
	}
	return "none"
}

// TestKeepDays: EXPIRE says how long mail stays, and it stays so long and no longer.
func TestKeepDays(t *testing.T) {
	state := t.TempDir()
	family(t, state, "anna", "otto", "bert")
	c, d := settings(state), newDesk()
	c.Retention.KeepDays = 30
	c.Retention.Accounts = map[string]config.Keeping{
		"anna": {MailboxShare: 50}, "bert": {KeepDays: 60, KeepDaysAfterFetch: 5, MailboxShare: 50},
	}
	b := startAt(t, c, d)
	if got := b.dial("pop3.listen").expire(); got != "EXPIRE 5 USER" {
		t.Errorf("before the login: %s", got)
	}
	for _, user := range []string{"anna", "otto", "bert"} {
		b.deliver("smtp.listen", letter("one\r\n"), user)
	}
	for user, want := range map[string]string{"anna": "EXPIRE NEVER", "otto": "EXPIRE 30", "bert": "EXPIRE 5", "otto+phone": "EXPIRE 30"} {
		s := b.dial("pop3.listen")
		account, _, _ := strings.Cut(user, "+")
		s.must("USER "+user, "PASS "+account)
		if got := s.expire(); got != want {
			t.Errorf("%s: %s, want %s", user, got, want)
		}
	}
	b.elapse(d, 30*day) // the day that it came on has not ended then
	b.sees(map[string]int{"anna": 1, "otto": 1, "bert": 1})
	b.deliver("smtp.listen", letter("two\r\n"), "otto")
	b.elapse(d, 12*time.Hour)
	b.sees(map[string]int{"anna": 1, "otto": 1, "bert": 1})
	if got := b.login("pop3.listen", "otto").retrieve(1); got != letter("two\r\n") {
		t.Errorf("left is %q", got)
	}
	b.login("pop3.listen", "bert").retrieve(1) // and no QUIT: it counts all the same
	b.await("session ended", 9)
}

// TestKeepDaysAfterFetch: who has fetched a mail has so many days for the other devices; nobody
// loses what nobody has fetched.
func TestKeepDaysAfterFetch(t *testing.T) {
	state := t.TempDir()
	family(t, state, "anna", "otto")
	c, d := settings(state), newDesk()
	c.Retention.KeepDaysAfterFetch = 3
	b := startAt(t, c, d)
	for n := range 3 {
		b.deliver("smtp.listen", letter(fmt.Sprintf("mail %d\r\n", n)), "anna")
	}
	s := b.login("pop3.listen", "anna")
	s.retrieve(2)
	s.must("TOP 1 0")
	if _, err := s.ReadDotBytes(); err != nil {
		t.Fatal(err)
	}
	s.must("QUIT")
	s = b.login("pop3.listen", "anna")
	s.retrieve(3)
	s.Close() // the line is lost, with no QUIT
	b.await("session ended", 2+3)
	before := b.spool.Stats().Lifetime.Flushes
	b.elapse(d, 3*day)
	b.sees(map[string]int{"anna": 3})
	b.elapse(d, 12*time.Hour)
	if got := b.login("pop3.listen", "anna").retrieve(1); got != letter("mail 0\r\n") {
		t.Errorf("left is %q", got)
	}
	if got := b.spool.Stats().Lifetime.Flushes - before; got != 1 {
		t.Errorf("%d flushes", got)
	}
}

// TestBin: what a client deletes is gone for it, and kept for some days.
func TestBin(t *testing.T) {
	state := t.TempDir()
	family(t, state, "anna")
	c, d := settings(state), newDesk()
	c.Retention.BinDays = 7
	b := startAt(t, c, d)
	for range 3 {
		b.deliver("smtp.listen", letter("hello\r\n"), "anna")
	}
	b.login("pop3.listen", "anna").must("DELE 1", "DELE 3", "QUIT")
	b.sees(map[string]int{"anna": 1, "anna+phone": 1})
	if got := b.spool.Stats().Messages; got != 3 {
		t.Errorf("%d messages are kept", got)
	}
	b.elapse(d, 7*day)
	if got := b.spool.Stats().Messages; got != 3 {
		t.Errorf("%d messages are kept after 7 days", got)
	}
	b.elapse(d, 12*time.Hour)
	if got := b.spool.Stats().Messages; got != 1 {
		t.Errorf("%d messages are kept after 7 whole days", got)
	}
	b.sees(map[string]int{"anna": 1})
}

// TestViews: what a device deletes is gone for it alone, unique-ids are the same, and the password
// is the account's.
func TestViews(t *testing.T) {
	state := t.TempDir()
	family(t, state, "anna")
	c, d := settings(state), newDesk()
	c.Aliases = map[string][]string{"anna+lists": {"anna"}}
	b := startAt(t, c, d)
	b.deliver("smtp.listen", letter("old\r\n"), "anna")
	d.pass(31 * day)
	for range 3 {
		b.deliver("smtp.listen", letter("new\r\n"), "anna")
	}
	all := b.login("pop3.listen", "anna")
	phone := b.dial("pop3.listen")
	phone.must("USER Anna+Phone@Home.arpa", "PASS anna")
	for n := 1; n <= 4; n++ {
		if got, want := phone.say("UIDL %d", n), all.say("UIDL %d", n); got != want {
			t.Errorf("%q, and to the phone %q", want, got)
		}
	}
	last := all.say("UIDL 4")
	phone.must("DELE 1", "DELE 3", "QUIT")
	b.sees(map[string]int{"anna": 4, "anna+phone": 2, "anna+pad": 4, "anna+lists": 4, "recent:anna": 3, "recent:anna+phone": 2})
	recent := b.dial("pop3.listen_tls")
	recent.must("USER recent:anna+phone", "PASS anna")
	if got := recent.say("UIDL 2"); strings.TrimPrefix(got, "+OK 2") != strings.TrimPrefix(last, "+OK 4") {
		t.Errorf("the last one is %q, and to the phone %q", last, got)
	}
	if got := recent.retrieve(2); got != letter("new\r\n") {
		t.Errorf("got %q", got)
	}
	for _, user := range []string{"anna+", "anna+a b", "recent:", "+phone", "recent:otto"} {
		wrong := b.dial("pop3.listen")
		wrong.must("USER " + user)
		if got := wrong.say("PASS anna"); !strings.HasPrefix(got, "-ERR [AUTH]") {
			t.Errorf("%s was answered %q", user, got)
		}
	}
	b.login("pop3.listen", "anna").must("DELE 4", "QUIT")
	b.sees(map[string]int{"anna": 3, "anna+phone": 1, "recent:anna": 2})
}

// TestQuota: a mailbox takes what it may by itself; one that has no room for the announced size is
// refused alone.
func TestQuota(t *testing.T) {
	state := t.TempDir()
	family(t, state, "anna", "otto")
	c := settings(state)
	c.Retention.Accounts = map[string]config.Keeping{"anna": {MailboxShare: 50, Quota: 1 << 20}}
	b := start(t, c, Options{})
	b.deliver("smtp.listen", letter(lines(500<<10)), "anna")
	s := b.dial("smtp.listen")
	s.must("EHLO x", "MAIL FROM:<root> SIZE=600000")
	if got := s.say("RCPT TO:<anna>"); !strings.HasPrefix(got, "452 4.2.2") {
		t.Errorf("a mailbox without room was answered %q", got)
	}
	s.must("RCPT TO:<otto>", "DATA")
	s.content(letter("to otto alone\r\n"))
	s.must(".", "MAIL FROM:<root> SIZE=2000000")
	if got := s.say("RCPT TO:<anna>"); !strings.HasPrefix(got, "552 ") {
		t.Errorf("a mail beyond the quota was answered %q", got)
	}
	s.must("RSET", "MAIL FROM:<root> SIZE=400000", "RCPT TO:<anna>", "QUIT")
	b.sees(map[string]int{"anna": 1, "otto": 1})
}

// TestBinGivesWay: what is in the bin never keeps mail out.
func TestBinGivesWay(t *testing.T) {
	state := t.TempDir()
	family(t, state, "anna", "otto")
	c := settings(state)
	c.Spool.Capacity, c.Retention.BinDays, c.Retention.MailboxShare = 16<<20, 30, 40
	b := start(t, c, Options{})
	mail := letter(lines(1 << 20))
	for n := range 40 {
		user := []string{"anna", "otto"}[n%2]
		b.deliver("smtp.listen", mail, user)
		s := b.login("pop3.listen", user)
		s.must("DELE 1", "QUIT")
		s.Close()
	}
	if !b.logged("messages in the bin removed to make room") {
		t.Error("nothing gave way")
	}
	b.sees(map[string]int{"anna": 0, "otto": 0})
	if b.spool.Stats().Messages == 0 {
		t.Error("the bin is empty")
	}
}

// TestBinIsEmptiedFirst: before postmaster is warned, the bin is emptied, and of it the oldest.
func TestBinIsEmptiedFirst(t *testing.T) {
	state := t.TempDir()
	family(t, state, "anna")
	c, d := settings(state), newDesk()
	c.Spool.Capacity, c.Retention.BinDays, c.Retention.MailboxShare = 16<<20, 30, 100
	// So that mail is refused at 80 percent, and the bin is emptied not much before.
	c.SMTP.MaxMessage = 3 << 19
	b := startAt(t, c, d)
	for range 12 {
		b.deliver("smtp.listen", letter(lines(1<<20)), "anna")
		b.login("pop3.listen", "anna").must("DELE 1", "QUIT")
		d.pass(day)
	}
	b.await("messages in the bin removed to make room", 1)
	if b.logged("the spool is almost full") {
		t.Error("somebody was warned of a bin")
	}
	if kept := b.spool.Stats().Messages; kept < 5 || kept > 10 {
		t.Errorf("%d messages are left in the bin", kept)
	}
}

// TestNothingWithoutPolicy: a box that keeps mail for ever writes nothing by itself, and leaves no
// file.
func TestNothingWithoutPolicy(t *testing.T) {
	state := t.TempDir()
	family(t, state, "anna")
	d := newDesk()
	b := startAt(t, settings(state), d)
	b.deliver("smtp.listen", letter("hello\r\n"), "anna")
	s := b.login("pop3.listen", "anna")
	s.retrieve(1)
	s.must("QUIT")
	before := b.spool.Stats().Lifetime
	for range 3 {
		b.elapse(d, 400*day)
	}
	if got := b.spool.Stats().Lifetime; got != before {
		t.Errorf("%+v was written, then %+v", before, got)
	}
	b.sees(map[string]int{"anna": 1})
	if err := b.stop(); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(filepath.Join(state, statedir.ClockFile)); !os.IsNotExist(err) {
		t.Errorf("there is a file %s: %v", statedir.ClockFile, err)
	}
}

// TestDaysAtProviderOutliveTheServer: a remote account that deletes after days has them counted
// over starts, and one that deletes at once or never does not need that.
func TestDaysAtProviderOutliveTheServer(t *testing.T) {
	for after, want := range map[config.Span]bool{7: true, config.FromNow: false, config.Unbounded: false} {
		state := t.TempDir()
		family(t, state, "anna")
		c := settings(state)
		c.Remote = map[string]config.Remote{"a": {Owner: "anna", Fetch: config.FetchNone, After: after}}
		if err := startAt(t, c, newDesk()).stop(); err != nil {
			t.Fatal(err)
		}
		if _, err := os.Stat(filepath.Join(state, statedir.ClockFile)); os.IsNotExist(err) == want {
			t.Errorf("after %d: the file %s: %v", after, statedir.ClockFile, err)
		}
	}
}

// TestTermOutlivesTheBox: the days go on through stops and starts, and are counted anew when the
// date is not the one that it should be.
func TestTermOutlivesTheBox(t *testing.T) {
	for _, tt := range []struct {
		name string
		off  time.Duration
		left int
	}{{"off for two days", 2 * day, 0}, {"off for twenty days", 20 * day, 1}} {
		t.Run(tt.name, func(t *testing.T) {
			state := t.TempDir()
			family(t, state, "anna")
			c, d := settings(state), newDesk()
			c.Retention.KeepDays = 10
			b := startAt(t, c, d)
			b.deliver("smtp.listen", letter("hello\r\n"), "anna")
			d.pass(9 * day)
			if err := b.stop(); err != nil {
				t.Fatal(err)
			}
			d.set(d.read().Wall.Add(tt.off))
			b = startAt(t, c, d)
			b.sees(map[string]int{"anna": 1}) // nothing is removed in the first hour
			b.elapse(d, time.Hour)
			b.sees(map[string]int{"anna": tt.left})
		})
	}
}
