package appliance

import (
	"errors"
	"net/netip"
	"strings"
	"testing"
	"time"

	"pillarbox/appliance/logbook"
)

func TestLogLines(t *testing.T) {
	var out strings.Builder
	level := logbook.NewAtomicLevel()
	log := NewLog(&out, level).With(logbook.String("proto", "pop3"), logbook.String("user", "a b"))
	log.Info("session ended",
		logbook.Int("left", 3), logbook.Int64("octets", 1<<40), logbook.Bool("login", true), logbook.Duration("took", 1234567*time.Nanosecond),
		logbook.Stringer("remote", netip.MustParseAddr("fe80::1")), logbook.Strings("mailbox", []string{"anna", "otto"}),
		logbook.String("said", "x\r\n2026 fake line \"q\" a=b"), logbook.String("pair", "a=b"), logbook.String("inch", "3\""), logbook.String("empty", ""), logbook.ByteString("uid", []byte("a\nb")),
		logbook.Time("since", time.Date(2026, 11, 24, 13, 45, 49, 0, time.UTC)), logbook.Error(errors.New("it broke")), logbook.Error(nil))
	log.Debug("not said")
	level.SetLevel(logbook.DebugLevel)
	log.Debug("said\nin two")
	got := out.String()
	stamp, rest, _ := strings.Cut(got, " ")
	if _, err := time.Parse(time.RFC3339, stamp); err != nil {
		t.Error(err)
	}
	want := `info  session ended proto=pop3 user="a b" left=3 octets=1099511627776 login=true took=1.23ms remote=fe80::1 ` +
		`mailbox="[anna otto]" said="x\r\n2026 fake line \"q\" a=b" pair="a=b" inch="3\"" empty="" uid="a\nb" since="2026-11-24 13:45:49 +0000 UTC" error="it broke"` + "\n"
	if !strings.HasPrefix(rest, want) {
		t.Errorf("got  %swant %s", rest, want)
	}
	if second := strings.TrimPrefix(rest, want); !strings.HasSuffix(second, ` debug "said\nin two" proto=pop3 user="a b"`+"\n") || strings.Count(got, "\n") != 2 {
		t.Errorf("got %q", second)
	}
}
