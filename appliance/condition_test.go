package appliance

import (
	"strings"
	"testing"
)

// TestSpoolFillsUp: postmaster is told once, in time, in a mail like any other.
func TestSpoolFillsUp(t *testing.T) {
	state := t.TempDir()
	family(t, state, "anna", "otto")
	c := settings(state)
	c.Spool.Capacity, c.Spool.Slot, c.Retention.MailboxShare = 16<<20, 256<<10, 100
	b := start(t, c, Options{})
	var seen condition
	b.inspect(t.Context(), &seen)
	for range 11 { // of 1 MiB: 68 percent
		b.deliver("smtp.listen", letter(lines(1<<20)), "otto")
	}
	for range 2 {
		b.inspect(t.Context(), &seen)
	}
	if got := b.log.FilterMessage("the spool fills up").Len(); got != 1 {
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
	for _, needed := range []string{"To: postmaster@home.arpa", "Subject: The mail box fills up", "of the 16MiB for mail", "spool.capacity"} {
		if !strings.Contains(text, needed) {
			t.Errorf("the notice does not say %q:\n%s", needed, text)
		}
	}
	o := b.login("pop3.listen", "otto")
	o.must("DELE 1", "DELE 2", "DELE 3", "QUIT")
	b.inspect(t.Context(), &seen)
	for range 3 {
		b.deliver("smtp.listen", letter(lines(1<<20)), "otto")
	}
	b.inspect(t.Context(), &seen)
	if got := b.log.FilterMessage("the spool fills up").Len(); got != 2 {
		t.Errorf("%d warnings after it was relieved and filled again", got)
	}
}
