package appliance

import (
	"errors"
	"net/netip"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"pillarbox/appliance/logbook"
)

// TestHush: which lines of a flood are in the log.
func TestHush(t *testing.T) {
	ended := func(log *logbook.Logger, from string, login bool, err error) {
		log.With(logbook.Stringer("remote", netip.MustParseAddr(from))).Info("session ended", logbook.Bool("login", login), logbook.NamedError("err", err))
	}
	bad := errors.New("zero octet in a command")
	tests := []struct {
		name   string
		level  logbook.AtomicLevel
		flood  func(log *logbook.Logger)
		lines  int // about clients
		totals int // lines that tell how many were left out
	}{
		{"who is served is never left out", logbook.NewAtomicLevel(), func(log *logbook.Logger) {
			for range 1000 {
				ended(log, "10.0.0.1", true, nil)
			}
		}, 1000, 0},
		{"one that makes trouble", logbook.NewAtomicLevel(), func(log *logbook.Logger) {
			for range 1000 {
				ended(log, "10.0.0.1", false, bad)
			}
		}, hushLines, 0},
		{"the next window says how many were left out", logbook.NewAtomicLevel(), func(log *logbook.Logger) {
			for range 10 {
				ended(log, "10.0.0.1", true, bad)
			}
			time.Sleep(hushWindow)
			ended(log, "10.0.0.1", true, bad)
		}, hushLines + 1, 1},
		{"many that make trouble", logbook.NewAtomicLevel(), func(log *logbook.Logger) {
			for n := range 5000 {
				ended(log, street(n), false, nil)
			}
		}, hushAll, 0},
		{"trouble of the box itself", logbook.NewAtomicLevel(), func(log *logbook.Logger) {
			for range 100 {
				log.Warn("session ended", logbook.Error(bad))
				log.Error("session ended", logbook.String("remote", "10.0.0.1"), logbook.Error(bad))
			}
		}, 200, 0},
		{"debug tells all", logbook.NewAtomicLevelAt(logbook.DebugLevel), func(log *logbook.Logger) {
			for range 1000 {
				ended(log, "10.0.0.1", false, bad)
			}
		}, 1000, 0},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var out strings.Builder
				test.flood(NewLog(&out, test.level))
				lines, totals := strings.Count(out.String(), "session ended"), strings.Count(out.String(), "left out lines=5\n")
				if lines != test.lines || totals != test.totals {
					t.Errorf("%d lines and %d totals, want %d and %d", lines, totals, test.lines, test.totals)
				}
			})
		})
	}
}
