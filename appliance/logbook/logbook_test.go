package logbook_test

import (
	"errors"
	"net/netip"
	"reflect"
	"testing"
	"time"

	"go.uber.org/zap/zapcore"
	"go.uber.org/zap/zaptest/observer"

	"pillarbox/appliance/logbook"
)

// TestFields tells one field of each kind and reads what a Core makes of it.
func TestFields(t *testing.T) {
	now := time.Now() // has a reading of the monotonic clock, too
	at := time.Date(2026, 11, 24, 13, 45, 49, 7, time.UTC)
	for _, row := range []struct {
		name  string
		field logbook.Field
		want  map[string]any
	}{
		{"text", logbook.String("k", "v"), map[string]any{"k": "v"}},
		{"octets", logbook.ByteString("k", []byte("v")), map[string]any{"k": "v"}},
		{"texts", logbook.Strings("k", []string{"v", "w"}), map[string]any{"k": []any{"v", "w"}}},
		{"no texts", logbook.Strings("k", nil), map[string]any{"k": []any{}}},
		{"name of itself", logbook.Stringer("k", netip.MustParseAddr("fe80::1")), map[string]any{"k": "fe80::1"}},
		{"number", logbook.Int("k", -3), map[string]any{"k": int64(-3)}},
		{"large number", logbook.Int64("k", 1<<40), map[string]any{"k": int64(1 << 40)}},
		{"true", logbook.Bool("k", true), map[string]any{"k": true}},
		{"false", logbook.Bool("k", false), map[string]any{"k": false}},
		{"how long", logbook.Duration("k", time.Second), map[string]any{"k": time.Second}},
		{"instant", logbook.Time("k", at), map[string]any{"k": at}},
		{"instant of now", logbook.Time("k", now), map[string]any{"k": now.Round(0)}},
		{"error", logbook.Error(errors.New("v")), map[string]any{"error": "v"}},
		{"error under a key", logbook.NamedError("k", errors.New("v")), map[string]any{"k": "v"}},
		{"no error", logbook.Error(nil), map[string]any{}},
	} {
		core, lines := observer.New(logbook.InfoLevel)
		logbook.New(core).Info("said", row.field)
		if got := lines.All()[0].ContextMap(); !reflect.DeepEqual(got, row.want) {
			t.Errorf("%s: got %#v, want %#v", row.name, got, row.want)
		}
	}
}

// TestLevels says one line a level to a Core that wants warnings and errors.
func TestLevels(t *testing.T) {
	level := logbook.NewAtomicLevelAt(logbook.WarnLevel)
	core, lines := observer.New(level)
	log := logbook.New(core).With().With(logbook.Int("with", 1))
	say := func() (told []zapcore.Level) {
		log.Debug("d")
		log.Info("i")
		log.Warn("w")
		log.Error("e", logbook.Int("own", 2))
		for _, line := range lines.TakeAll() {
			if line.ContextMap()["with"] != int64(1) {
				t.Errorf("%q: the field of With is not there", line.Message)
			}
			told = append(told, line.Level)
		}
		return told
	}
	if got := say(); !reflect.DeepEqual(got, []zapcore.Level{logbook.WarnLevel, logbook.ErrorLevel}) {
		t.Errorf("at warn: %v", got)
	}
	if log.Check(logbook.InfoLevel, "i") != nil || log.Core().Enabled(logbook.InfoLevel) {
		t.Error("a line that nobody wants was begun")
	}
	level.SetLevel(logbook.DebugLevel)
	if got := say(); len(got) != 4 {
		t.Errorf("at debug: %v", got)
	}
	logbook.NewNop().Error("nobody hears")
}
