package appliance

import (
	"crypto/tls"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// TestClockThatJumps moves the wall clock of a box by decades, under sessions that are in the
// middle of something. No session drops, unique-ids and order are what they were, the certificate
// is good for who knows the date, and mail whose days are counted stays.
func TestClockThatJumps(t *testing.T) {
	state := t.TempDir()
	family(t, state, "anna")
	c, d := settings(state), newDesk()
	c.Retention.KeepDays, c.Retention.KeepDaysAfterFetch, c.Retention.BinDays = 30, 30, 30
	b := startAt(t, c, d)
	b.deliver("smtp.listen", letter("mail 0\r\n"), "anna")
	b.deliver("smtp.listen", letter("binned\r\n"), "anna")
	s := b.login("pop3.listen", "anna")
	s.retrieve(1)
	s.must("DELE 2", "QUIT")
	b.elapse(d, day)
	var uids []string // of the mail, in order

	const year = 365 * day
	for i, jump := range []struct {
		name string
		to   func(now time.Time) time.Time
	}{
		{"20 years on", func(now time.Time) time.Time { return now.Add(20 * year) }},
		{"back again", func(now time.Time) time.Time { return now }},
		{"20 years back", func(now time.Time) time.Time { return now.Add(-20 * year) }},
		{"back again", func(now time.Time) time.Time { return now }},
		{"1970", func(time.Time) time.Time { return time.Unix(0, 0) }},
		{"three years on", func(now time.Time) time.Time { return now.Add(3 * year) }},
		{"back again", func(now time.Time) time.Time { return now }},
	} {
		name := fmt.Sprintf("%d, %s", i, jump.name)
		before := []*client{b.login("pop3.listen", "anna"), b.login("pop3.listen_tls", "anna")}
		listed := before[0].say("STAT")
		mail := b.dial("smtp.listen_tls")
		mail.must("EHLO printer", "MAIL FROM:<root>", "RCPT TO:<anna>", "DATA")

		today := d.read().Wall
		d.set(jump.to(today))
		b.elapse(d, time.Hour)
		b.elapse(d, 2*time.Hour) // long enough for a certificate to be renewed
		today = today.Add(3 * time.Hour)

		for _, s := range before {
			if got := s.say("STAT"); got != listed {
				t.Errorf("%s: STAT is %q, was %q", name, got, listed)
			}
			if got := s.retrieve(1); got != letter("mail 0\r\n") {
				t.Errorf("%s: got %q", name, got)
			}
			s.must("QUIT")
			s.Close()
		}
		mail.content(letter(fmt.Sprintf("mail %d\r\n", i+1)))
		mail.must(".", "QUIT")
		mail.Close()

		trust := b.trust()
		trust.Time = func() time.Time { return today }
		conn, err := tls.Dial("tcp", b.Addr("pop3.listen_tls"), trust)
		if err != nil {
			t.Errorf("%s: who knows the date says %v", name, err)
		} else {
			conn.Close()
		}

		now := b.login("pop3.listen", "anna")
		for n := 1; n <= i+2; n++ {
			uid := strings.Fields(now.say("UIDL %d", n))[2]
			if n <= len(uids) && uids[n-1] != uid {
				t.Errorf("%s: the unique-id of %d is %s, was %s", name, n, uid, uids[n-1])
			}
			if uids = append(uids[:min(n-1, len(uids))], append([]string{uid}, uids[min(n, len(uids)):]...)...); now.retrieve(n) != letter(fmt.Sprintf("mail %d\r\n", n-1)) {
				t.Errorf("%s: mail %d is another one", name, n)
			}
		}
		now.must("QUIT")
		now.Close()
		b.sees(map[string]int{"recent:anna": i + 2})
		if got := b.spool.Stats().Messages; got != i+3 {
			t.Errorf("%s: %d messages are kept, want %d", name, got, i+3)
		}
		d.set(today)
	}

	b.elapse(d, 30*day)
	b.elapse(d, day) // now all of it has certainly lain here for 30 days
	b.sees(map[string]int{"anna": 0})
	if got := b.spool.Stats().Messages; got != 0 {
		t.Errorf("%d messages are left in the end", got)
	}
}

// showing are the methods by which a time is shown or kept as the wall clock has it.
var showing = []string{"Unix", "UnixMilli", "UnixMicro", "UnixNano", "Format", "AppendFormat", "UTC", "In", "Round", "Truncate", "Date", "YearDay", "MarshalText"}

// wallClock are the files and folders that read the machine's clock and show what it says, with the
// reason. All other code reads Options.Clock for the date, and time.Now only to measure durations,
// which no setting of the clock changes (package time: monotonic clocks).
var wallClock = map[string]string{
	"appliance/clock/machine_linux.go": "this is the clock that Options.Clock stands for",
	"appliance/admin/client.go":        "it carries the dates of mail, and reads the clock for a deadline",
	"appliance/sendmail/header.go":     "another program: it dates the mail of those that forget it",
	"cmd/pillarbox/bar.go":             "it shows how long a command still takes",
	"cmd/pillarbench":                  "not part of the box",
	"pop3/pop3test/transcript":         "not part of the box",
}

// TestOneWallClock: where time.Now is read, no time is shown or kept.
func TestOneWallClock(t *testing.T) {
	found := 0
	for file := range importsOf(t, "..") {
		tree, err := parser.ParseFile(token.NewFileSet(), filepath.Join("..", file), nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		var reads bool
		var shows []string
		ast.Inspect(tree, func(n ast.Node) bool {
			s, ok := n.(*ast.SelectorExpr)
			if !ok {
				return true
			}
			if of, ok := s.X.(*ast.Ident); ok && of.Name == "time" && s.Sel.Name == "Now" {
				reads = true
			} else if !ok || of.Name != "time" && of.Name != "format" { // format.Format is no clock
				if slices.Contains(showing, s.Sel.Name) {
					shows = append(shows, s.Sel.Name)
				}
			}
			return true
		})
		if !reads {
			continue
		}
		found++
		slash := filepath.ToSlash(file)
		if len(shows) > 0 && !mayShowWallClock(slash) {
			t.Errorf("%s reads time.Now and calls %v", slash, shows)
		}
	}
	if found < 10 {
		t.Errorf("only %d files read the clock", found)
	}
}

// mayShowWallClock reports whether wallClock has the file or a folder above it.
func mayShowWallClock(file string) bool {
	for ; file != "."; file = path.Dir(file) {
		if _, ok := wallClock[file]; ok {
			return true
		}
	}
	return false
}
