package main

import (
	"strings"
	"testing"
	"time"
)

// TestTimedBar checks the rate and the time left, and that the line is written ten times a second
// at most.
func TestTimedBar(t *testing.T) {
	var screen strings.Builder
	at := time.Unix(0, 0)
	b := &bar{to: &screen, what: "importing", now: func() time.Time { return at }}
	for done := range int64(500) {
		b.show(done, 1000)
		at = at.Add(10 * time.Millisecond)
	}
	if n := strings.Count(screen.String(), "\r"); n > 51 {
		t.Errorf("%d lines in 5 s", n)
	}
	screen.Reset()
	b.show(500, 1000)
	if want := "] 500 of 1000, 100/s, 0:05 left"; !strings.Contains(screen.String(), want) {
		t.Errorf("%q, want %q in it", screen.String(), want)
	}
	screen.Reset()
	b.show(1000, 1000) // at once: the end is always shown
	if want := "] 1000 of 1000, 200/s, 0:00 left"; !strings.Contains(screen.String(), want) {
		t.Errorf("%q, want %q in it", screen.String(), want)
	}
}
