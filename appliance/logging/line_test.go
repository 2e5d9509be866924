package logging

import (
	"errors"
	"net/netip"
	"strings"
	"testing"
	"time"
	"unicode"
	"unicode/utf8"

	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"

	"pillarbox/appliance/access"
)

// TestLines: what fields of each kind look like, and that nothing is written below the level.
func TestLines(t *testing.T) {
	var out strings.Builder
	level := new(Level)
	log := New(Plain{&out}, level, access.NewTable()).With(zap.String("proto", "pop3"), zap.String("user", "a b"))
	log.Info("session ended",
		zap.Int("left", 3), zap.Int64("octets", 1<<40), zap.Uint16("port", 995), zap.Bool("login", true),
		zap.Duration("took", 1234567*time.Nanosecond), zap.Stringer("remote", netip.MustParseAddr("fe80::1")),
		zap.Strings("mailbox", []string{"anna", "otto"}), zap.String("said", "x\r\n2026 fake line \"q\" a=b"),
		zap.String("pair", "a=b"), zap.String("inch", "3\""), zap.String("back", `\`), zap.String("empty", ""),
		zap.ByteString("uid", []byte("a\nb")), zap.String("bidi", "a\u202eb"), zap.String("octet", "\xff"),
		zap.Time("since", time.Date(2026, 11, 24, 13, 45, 49, 0, time.UTC)), zap.Error(errors.New("it broke")), zap.Error(nil))
	log.Debug("not written")
	level.Set(zap.DebugLevel)
	log.Debug("written\nin two")
	got := out.String()
	stamp, rest, _ := strings.Cut(got, " ")
	if _, err := time.Parse(time.RFC3339, stamp); err != nil {
		t.Error(err)
	}
	want := `info  session ended proto=pop3 user="a b" left=3 octets=1099511627776 port=995 login=true took=1.23ms remote=fe80::1 ` +
		`mailbox="[anna otto]" said="x\r\n2026 fake line \"q\" a=b" pair="a=b" inch="3\"" back="\\" empty="" uid="a\nb" ` +
		`bidi="a\u202eb" octet="\xff" since=2026-11-24T13:45:49Z error="it broke"` + "\n"
	if !strings.HasPrefix(rest, want) {
		t.Errorf("got  %swant %s", rest, want)
	}
	if second := strings.TrimPrefix(rest, want); !strings.HasSuffix(second, ` debug "written\nin two" proto=pop3 user="a b"`+"\n") || strings.Count(got, "\n") != 2 {
		t.Errorf("got %q", second)
	}
}

// FuzzValue: whatever a client sends, a value is one bounded piece of one line.
func FuzzValue(f *testing.F) {
	for _, seed := range []string{"", "a", "a b", "\r\n", "\x00", "é\xff", strings.Repeat("ü", 200), strings.Repeat("\x01", maxValue+1), "a=b \"c\""} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		var out strings.Builder
		log := New(Plain{&out}, new(Level), access.NewTable())
		log.Info("recipient refused", zap.String("to", text))
		line := out.String()
		if !utf8.ValidString(line) || strings.ContainsFunc(strings.TrimSuffix(line, "\n"), unicode.IsControl) {
			t.Fatalf("a line of control characters: %q", line)
		}
		if len(line) > len("2026-11-24T13:45:49Z info  ")+maxLine+4 {
			t.Fatalf("%d octets", len(line))
		}
	})
}

// A value that is too long is cut between two characters, and so is a line.
func TestLong(t *testing.T) {
	for _, n := range []int{maxValue, maxValue + 1, maxValue + 2, 10 * maxValue} {
		value := string(appendValue(nil, strings.Repeat("a", n)))
		if want := strings.Repeat("a", min(n, maxValue)); strings.TrimSuffix(value, "...") != want || strings.HasSuffix(value, "...") != (n > maxValue) {
			t.Errorf("%d octets are written as %q", n, value)
		}
	}
	if value := string(appendValue(nil, strings.Repeat("ü", maxValue))); value != strings.Repeat("ü", maxValue/2)+"..." {
		t.Errorf("got %q", value)
	}
	var out strings.Builder
	fields := make([]zap.Field, 20)
	for i := range fields {
		fields[i] = zap.String("key", strings.Repeat("a", 100))
	}
	New(Plain{&out}, new(Level), access.NewTable()).Info("event", fields...)
	if line := out.String(); len(line) != maxLine+len("...\n") || !strings.HasSuffix(line, "a...\n") {
		t.Errorf("%d octets: %q", len(line), line)
	}
}

// A line that is written, one that the level leaves out and one that the limit leaves out do not
// allocate; what zap itself needs for the fields is on the stack of the caller.
func TestAllocations(t *testing.T) {
	log := New(Plain{discard{}}, new(Level), access.NewTable())
	for _, tt := range []struct {
		name string
		log  func()
	}{
		{"below the level", func() { log.Check(zap.DebugLevel, "command") }},
		{"written", func() { log.Check(zap.InfoLevel, "ready").Write() }},
		{"left out", func() { log.Check(zap.InfoLevel, "login failed").Write() }},
	} {
		if n := testing.AllocsPerRun(200, tt.log); n > 0 {
			t.Errorf("%s: %v allocations", tt.name, n)
		}
	}
}

type discard struct{}

func (discard) Write(p []byte) (int, error) { return len(p), nil }

func TestParseLevel(t *testing.T) {
	for word, want := range map[string]zapcore.Level{"debug": zap.DebugLevel, "info": zap.InfoLevel, "warn": zap.WarnLevel, "error": zap.ErrorLevel, "": zap.InfoLevel} {
		if got := ParseLevel(word); got != want {
			t.Errorf("%q is %v", word, got)
		}
	}
}
