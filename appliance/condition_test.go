package appliance

import (
	"strings"
	"testing"
)

// TestSpoolFillsUp: postmaster gets one message each time the spool fills up, also over restarts.
func TestSpoolFillsUp(t *testing.T) {
	state := t.TempDir()
	family(t, state, "anna", "otto")
	c := settings(state)
	c.Spool.Capacity, c.Spool.Slot, c.Retention.MailboxShare = 16<<20, 256<<10, 100
	b := start(t, c, Options{})
	seen := b.newInspector()
	seen.inspect(t.Context())
	for range 11 { // of 1 MiB: 68 percent
		b.deliver("smtp.listen", letter(lines(1<<20)), "otto")
	}
	for range 2 {
		seen.inspect(t.Context())
	}
	if got := b.log.FilterMessage("the spool is almost full").Len(); got != 1 {
		t.Errorf("%d warnings in the log", got)
	}
	p := b.login("pop3.listen", "anna")
	if got := p.say("STAT"); !strings.HasPrefix(got, "+OK 1 ") {
		t.Fatalf("STAT was answered %q", got)
	}
	p.must("RETR 1")
	notice, err := p.ReadDotLines()
	if err != nil {
		t.Fatal(err)
	}
	text := strings.Join(notice, "\n")
	for _, needed := range []string{"To: postmaster@home.arpa", "Subject: The mail store fills up", "of the 16MiB for mail", "spool.capacity"} {
		if !strings.Contains(text, needed) {
			t.Errorf("the notice does not say %q:\n%s", needed, text)
		}
	}
	p.must("QUIT")

	// A restart of a spool that is full sends no second notice, but logs that it is.
	if err := b.stop(); err != nil {
		t.Fatal(err)
	}
	b = start(t, c, Options{})
	seen = b.newInspector()
	seen.inspect(t.Context())
	if got := b.login("pop3.listen", "anna").say("STAT"); !strings.HasPrefix(got, "+OK 1 ") {
		t.Errorf("after a restart STAT was answered %q", got)
	}
	if got := b.log.FilterMessage("the spool is almost full").Len(); got != 1 {
		t.Errorf("%d warnings in the log of the second start", got)
	}

	// Relieved, after one more restart, and full again: that is another condition.
	o := b.login("pop3.listen", "otto")
	o.must("DELE 1", "DELE 2", "DELE 3", "QUIT")
	if err := b.stop(); err != nil {
		t.Fatal(err)
	}
	b = start(t, c, Options{})
	seen = b.newInspector()
	seen.inspect(t.Context())
	for range 3 {
		b.deliver("smtp.listen", letter(lines(1<<20)), "otto")
	}
	seen.inspect(t.Context())
	if got := b.log.FilterMessage("the spool is almost full").Len(); got != 1 {
		t.Errorf("%d warnings after it was relieved and filled again", got)
	}
	if got := b.login("pop3.listen", "anna").say("STAT"); !strings.HasPrefix(got, "+OK 2 ") {
		t.Errorf("after it was relieved and filled again STAT was answered %q", got)
	}
}
