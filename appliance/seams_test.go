package appliance

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"pillarbox/appliance/smtpd"
	"pillarbox/pop3"
	"pillarbox/spool"
)

// TestErrorsAreTranslated: what the spool says has the client's own code, and what nobody foresaw
// stays as it is.
func TestErrorsAreTranslated(t *testing.T) {
	odd := errors.New("odd")
	for _, tt := range []struct {
		name      string
		translate func(error) error
		in, want  error
	}{
		{"reading what is gone", readError, spool.ErrGone, pop3.ErrGone},
		{"reading what is damaged", readError, spool.ErrDamaged, pop3.ErrDamaged},
		{"reading, odd", readError, odd, odd},
		{"a full spool", intakeError, spool.ErrFull, smtpd.ErrFull},
		{"a full mailbox", intakeError, spool.ErrMailboxFull, smtpd.ErrMailboxFull},
		{"a mail that is too large", intakeError, spool.ErrTooLarge, smtpd.ErrTooLarge},
		{"a spool that is read-only", intakeError, spool.ErrReadOnly, smtpd.ErrTemporary},
		{"taking in, odd", intakeError, odd, odd},
	} {
		if got := tt.translate(fmt.Errorf("spool: %w", tt.in)); !errors.Is(got, tt.want) {
			t.Errorf("%s: got %v, want %v", tt.name, got, tt.want)
		}
	}
	if readError(nil) != nil || intakeError(nil) != nil {
		t.Error("no error became one")
	}
}

// TestExclusive: lock = "exclusive" lets one session at a time into a maildrop, and the next one as
// soon as it is over.
func TestExclusive(t *testing.T) {
	c := settings(t.TempDir())
	c.POP3.Exclusive = true
	family(t, c.State, "anna", "otto")
	b := start(t, c, Options{})
	in := b.login("pop3.listen", "anna")
	second := b.dial("pop3.listen")
	second.must("USER anna")
	if got := second.say("PASS anna"); !strings.HasPrefix(got, "-ERR [IN-USE]") {
		t.Errorf("the second one was answered %q", got)
	}
	b.login("pop3.listen", "otto").must("QUIT")
	in.must("QUIT")
	second.must("USER anna", "PASS anna", "QUIT")
}
