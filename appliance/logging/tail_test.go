package logging

import (
	"bytes"
	"fmt"
	"io"
	"strings"
	"testing"
	"time"

	"go.uber.org/zap"

	"pillarbox/appliance/access"
)

// The tail has the lines without what names correspondents and clients; the destination has all.
func TestTail(t *testing.T) {
	for _, d := range []func(io.Writer) Destination{
		func(w io.Writer) Destination { return Plain{w} },
		func(w io.Writer) Destination { return Journal{w} },
	} {
		var out bytes.Buffer
		tail := Keep(d(&out))
		log := New(tail, new(Level), access.NewTable())
		log.Info("message stored", zap.String("remote", "192.168.7.3"), zap.String("from", `"a b" <x@example.org>`), zap.String("to", "anna@home.arpa"), zap.Int("octets", 7))
		lines := tail.Lines()
		if len(lines) != 1 || !strings.HasSuffix(lines[0], " info  message stored octets=7") {
			t.Errorf("%q", lines)
		}
		for _, text := range []string{"192.168.7.3", "x@example.org", "anna@home.arpa"} {
			if !strings.Contains(out.String(), text) {
				t.Errorf("the log lacks %s: %s", text, &out)
			}
		}
	}
}

// What others said is left out where it may name somebody.
func TestTailOfErrors(t *testing.T) {
	for value, shown := range map[string]bool{
		"disk full": true, "timeout": true, "550 <bob@example.com> unknown": false, "read tcp 192.168.1.2:995->192.168.1.9:4711: reset": false,
	} {
		for _, key := range []string{"error", "reply", "reason", "fault"} {
			tail := Keep(Plain{io.Discard})
			New(tail, new(Level), access.NewTable()).Info("failed", zap.String(key, value), zap.Int("n", 7))
			lines := tail.Lines()
			if len(lines) != 1 || strings.Contains(lines[0], value) != shown || strings.Contains(lines[0], "(not shown here)") == shown || !strings.HasSuffix(lines[0], " n=7") {
				t.Errorf("%s %q: %q", key, value, lines)
			}
		}
	}
}

// It keeps the last lines, and a bounded part of each.
func TestTailIsBounded(t *testing.T) {
	tail := Keep(Plain{io.Discard})
	for n := range 2 * mostLines {
		line := tail.Head(nil, zap.InfoLevel, time.Unix(0, 0))
		tail.Write(fmt.Appendf(line, "line %d %s\n", n, strings.Repeat("x", 1000)))
	}
	lines := tail.Lines()
	if len(lines) != mostLines || !strings.Contains(lines[0], fmt.Sprintf("line %d ", mostLines)) || len(lines[0]) > mostShown+len("...") {
		t.Errorf("%d lines, the first is %q", len(lines), lines[0])
	}
}
