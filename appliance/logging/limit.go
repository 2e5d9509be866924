package logging

import (
	"net/netip"
	"slices"
	"strconv"
	"time"

	"go.uber.org/zap/zapcore"

	"pillarbox/appliance/access"
)

const (
	window = time.Minute

	// Twice both, the sums and the warnings are at most 100: 60 s may be parts of two minutes of
	// the limit.
	limitRefused = 10 // about one client: refusals, failures, sessions that came to nothing
	limitServed  = 30 // about one client: what was done for it

	limitStrangers = 60 // of either, about all clients together that no account has logged in from
	limitEvent     = 60 // of one event that names no client

	// maxEvents is how many events are counted apart. Those after them are one.
	maxEvents = 48
)

// served are the events that say what was done for a client. Every other event that names a client
// is about one that was not served, and so is one that is added later.
var served = []string{"delivery committed", "receipt delivered", "session ended"}

// warnings are the events that package access raises at most five times a minute, and once an hour
// about a client, or a client and an account. They are not counted as lines about their client: the
// one that they are about has used up its lines.
var warnings = []string{
	"many connections without a login",
	"many failed logins in a row: someone may be guessing the password",
}

// A limit bounds how many lines clients can cause. It is used under the lock of its output.
type limit struct {
	clients *access.Table // counts the lines about each client

	began     time.Time // the minute
	number    uint16    // of the minute; 0 before the first
	strangers [2]int    // lines about them: refused, served
	events    []event
}

// An event is what was counted of the lines with one message in this minute.
type event struct {
	message string
	refused bool
	passed  int    // lines that name no client
	left    int    // lines that were left out
	size    int64  // octets of messages, as those lines would have said
	remote  string // their client
	several bool   // there was more than one client
}

// pass reports whether a line may be written. sums is what was left out in the minute before, if
// this line is the first of another; it is valid until the next call.
func (l *limit) pass(message, remote string, fields []zapcore.Field, now time.Time) (yes bool, sums []event) {
	if l.number == 0 || now.Sub(l.began) >= window || now.Before(l.began) {
		sums = l.begin(now)
	}
	e := l.eventOf(message)
	about := remote
	if slices.Contains(warnings, message) {
		about = ""
	}
	if l.admit(e, about) {
		return true, sums
	}
	e.several = e.several || e.left > 0 && e.remote != remote
	e.left, e.remote = e.left+1, remote
	e.size += sizeOf(fields)
	return false, sums
}

// begin begins a minute, and returns the events of the one before.
func (l *limit) begin(now time.Time) (before []event) {
	before = l.events
	l.began, l.strangers, l.events = now, [2]int{}, nil
	l.number = max(l.number+1, 1)
	return before
}

// take returns the events of this minute, and resets what was left out of them.
func (l *limit) take() []event {
	events := slices.Clone(l.events)
	for i := range l.events {
		l.events[i].left, l.events[i].size, l.events[i].several = 0, 0, false
	}
	return events
}

// remaining returns how long the minute goes on.
func (l *limit) remaining(now time.Time) time.Duration { return window - now.Sub(l.began) }

// admit counts a line about a client, or about none, and reports whether it may be written.
func (l *limit) admit(e *event, remote string) bool {
	if remote == "" {
		if e.passed >= limitEvent {
			return false
		}
		e.passed++
		return true
	}
	class, most := 1, limitServed
	if e.refused {
		class, most = 0, limitRefused
	}
	lines, known := l.clients.Lines(clientNamed(remote), l.number, !e.refused)
	if lines > most || !known && l.strangers[class] >= limitStrangers {
		return false
	}
	if !known {
		l.strangers[class]++
	}
	return true
}

// eventOf returns the event of a message, or the one of all that are too many.
func (l *limit) eventOf(message string) *event {
	at := slices.IndexFunc(l.events, func(e event) bool { return e.message == message })
	if at < 0 {
		if len(l.events) == maxEvents {
			return &l.events[maxEvents-1]
		}
		l.events = append(l.events, event{message: message, refused: !slices.Contains(served, message)})
		at = len(l.events) - 1
		if len(l.events) == maxEvents {
			l.events[at].message = "other events"
		}
	}
	return &l.events[at]
}

// clientNamed returns the client that a line names by its address. All that have none are one.
func clientNamed(remote string) access.Client {
	addr, _ := netip.ParseAddr(remote) // or the zero Addr
	return access.ClientAt(addr)
}

// sizeOf returns the octets of the message that a line is about.
func sizeOf(fields []zapcore.Field) int64 {
	for _, f := range fields {
		if f.Key == "size" && f.Type == zapcore.Int64Type {
			return f.Integer
		}
	}
	return 0
}

// append appends the sum without its line end.
func (e event) append(dst []byte) []byte {
	dst = append(dst, "log lines left out event="...)
	dst = strconv.AppendInt(append(appendValue(dst, e.message), " lines="...), int64(e.left), 10)
	if e.size > 0 {
		dst = strconv.AppendInt(append(dst, " size="...), e.size, 10)
	}
	switch {
	case e.several:
		dst = append(dst, " remote=several"...)
	case e.remote != "":
		dst = appendValue(append(dst, " remote="...), e.remote)
	}
	return dst
}
