package logging

import (
	"bytes"
	"slices"
	"sync"
	"time"

	"go.uber.org/zap/zapcore"
)

const (
	mostLines = 50
	mostShown = 240 // octets of a line
)

// A Tail is a Destination that passes lines on and keeps the last 50 of them in memory, for the
// page: without addresses of messages and of clients. 12 KiB when it is full.
type Tail struct {
	Destination

	mu    sync.Mutex
	lines []string // the oldest first
	head  int      // octets that the destination began the line with
	at    time.Time
	level zapcore.Level
}

// Keep returns a Tail in front of a destination.
func Keep(d Destination) *Tail { return &Tail{Destination: d} }

// Head implements Destination.
func (t *Tail) Head(dst []byte, level zapcore.Level, at time.Time) []byte {
	dst = t.Destination.Head(dst, level, at)
	t.mu.Lock()
	defer t.mu.Unlock()
	t.head, t.level, t.at = len(dst), level, at
	return dst
}

// Write implements Destination.
func (t *Tail) Write(p []byte) (int, error) {
	t.keep(p)
	return t.Destination.Write(p)
}

func (t *Tail) keep(p []byte) {
	t.mu.Lock()
	defer t.mu.Unlock()
	line := Plain{}.Head(nil, t.level, t.at)
	line = append(line, private(bytes.TrimSpace(p[min(t.head, len(p)):]))...)
	if len(line) > mostShown {
		line = append(line[:mostShown], "..."...)
	}
	if len(t.lines) >= mostLines {
		t.lines = slices.Delete(t.lines, 0, 1)
	}
	t.lines = append(t.lines, string(bytes.ToValidUTF8(line, []byte("?"))))
}

// Lines returns what was kept, the oldest first.
func (t *Tail) Lines() []string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return slices.Clone(t.lines)
}

// hidden are the fields that are left out: correspondents and where clients are.
var hidden = []string{"from", "to", "remote", "recipient"}

// foreign are the fields with what programs and other servers said, which may name correspondents
// and clients: their value is left out if it looks like that.
var foreign = []string{"error", "reply", "reason", "fault"}

// private returns a line without the hidden fields. A value is a word, or a text in quotes in which
// a backslash stands before a quote.
func private(line []byte) []byte {
	var out []byte
	for len(line) > 0 {
		end := wordEnd(line)
		word := line[:end]
		name, value, field := bytes.Cut(word, []byte("="))
		key := string(bytes.TrimSpace(name))
		switch {
		case !field || !slices.Contains(hidden, key) && !slices.Contains(foreign, key):
			out = append(out, word...)
		case slices.Contains(foreign, key) && !names(value):
			out = append(out, word...)
		case slices.Contains(foreign, key):
			out = append(append(out, name...), "=(not shown here)"...)
		}
		line = line[end:]
	}
	return out
}

// names reports whether a value may have an address of a message or the ends of a connection.
func names(value []byte) bool {
	return bytes.IndexByte(value, '@') >= 0 || bytes.Contains(value, []byte("->"))
}

// wordEnd returns where the word that a line begins with ends, its leading space included.
func wordEnd(line []byte) int {
	quoted := false
	for i := 1; i < len(line); i++ {
		switch {
		case quoted && line[i] == '\\':
			i++
		case line[i] == '"':
			quoted = !quoted
		case line[i] == ' ' && !quoted:
			return i
		}
	}
	return len(line)
}
