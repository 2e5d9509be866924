package appliance

import (
	"strings"
	"testing"

	"pillarbox/appliance/config"
)

// TestMessageAboveTheQuota: a message that came without SIZE= and is larger than its mailbox may
// ever be is refused, and the bin of the mailbox stays.
func TestMessageAboveTheQuota(t *testing.T) {
	state := t.TempDir()
	family(t, state, "anna")
	c := settings(state)
	c.Retention.BinDays, c.Retention.Quota = 30, config.Size(2<<20)
	b := start(t, c, Options{})
	b.deliver("smtp.listen", letter(lines(1<<20)), "anna")
	b.login("pop3.listen", "anna").must("DELE 1", "QUIT")
	s := b.dial("smtp.listen")
	s.must("EHLO x", "MAIL FROM:<>", "RCPT TO:<anna>", "DATA")
	s.content(letter(lines(3 << 20)))
	if got := s.say("."); !strings.HasPrefix(got, "552 ") {
		t.Errorf("the message was answered %q, want 552", got)
	}
	if got := b.binned(); got < 1<<20 {
		t.Errorf("%d octets are left in the bin", got)
	}
}
