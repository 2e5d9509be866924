package appliance

import (
	"errors"
	"net/netip"
	"strings"
	"testing"
	"time"

	"go.uber.org/zap"
)

func TestLogLines(t *testing.T) {
	var out strings.Builder
	level := zap.NewAtomicLevel()
	log := NewLog(&out, level).With(zap.String("proto", "pop3"), zap.String("user", "a b"))
	log.Info("session ended",
		zap.Int("left", 3), zap.Int64("octets", 1<<40), zap.Bool("login", true), zap.Duration("took", 1234567*time.Nanosecond),
		zap.Stringer("remote", netip.MustParseAddr("fe80::1")), zap.Strings("mailbox", []string{"anna", "otto"}),
		zap.String("said", "x\r\n2026 fake line \"q\" a=b"), zap.String("pair", "a=b"), zap.String("inch", "3\""), zap.String("empty", ""), zap.Error(errors.New("it broke")), zap.Error(nil))
	log.Debug("not said")
	level.SetLevel(zap.DebugLevel)
	log.Debug("said\nin two")
	got := out.String()
	stamp, rest, _ := strings.Cut(got, " ")
	if _, err := time.Parse(time.RFC3339, stamp); err != nil {
		t.Error(err)
	}
	want := `info  session ended proto=pop3 user="a b" left=3 octets=1099511627776 login=true took=1.23ms remote=fe80::1 ` +
		`mailbox="[anna otto]" said="x\r\n2026 fake line \"q\" a=b" pair="a=b" inch="3\"" empty="" error="it broke"` + "\n"
	if !strings.HasPrefix(rest, want) {
		t.Errorf("got  %swant %s", rest, want)
	}
	if second := strings.TrimPrefix(rest, want); !strings.HasSuffix(second, ` debug "said\nin two" proto=pop3 user="a b"`+"\n") || strings.Count(got, "\n") != 2 {
		t.Errorf("got %q", second)
	}
}
