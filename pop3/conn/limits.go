package conn

import (
	"errors"
	"time"
)

// What ends a connection, beside the errors of its socket. They are in the log of a session.
var (
	// ErrIdle is returned when the client has sent no line for the idle time.
	ErrIdle = errors.New("pop3: the client was idle for too long")
	// ErrSlow is returned when the client has not taken 32 KiB of replies in the idle time.
	ErrSlow = errors.New("pop3: the client does not take what it asked for")
	// ErrLimit is returned when the time of SetLimit has passed.
	ErrLimit = errors.New("pop3: the time limit has passed")
	// ErrStopping is returned when the context has ended while nothing was to be sent.
	ErrStopping = errors.New("pop3: the server stops")
)

// limits are how long a connection waits for its client.
type limits struct {
	idle time.Duration // for a line, and for BufferSize octets of replies
	by   time.Time     // no deadline is later; zero if there is no such limit
}

// deadline returns when a wait that begins now ends.
func (l *limits) deadline() time.Time {
	by := time.Now().Add(l.idle)
	if !l.by.IsZero() && l.by.Before(by) {
		return l.by
	}
	return by
}

// passed returns ErrLimit if its time has passed, else otherwise.
func (l *limits) passed(otherwise error) error {
	if !l.by.IsZero() && !time.Now().Before(l.by) {
		return ErrLimit
	}
	return otherwise
}

// earlier returns the time that comes first.
func earlier(a, b time.Time) time.Time {
	if b.Before(a) {
		return b
	}
	return a
}

// A pace is the rate at which a client has to take a long reply: BufferSize octets in the time of
// one wait. Without it, a client that takes an octet now and then would keep its session for as
// long as it likes.
type pace struct {
	by   time.Time // when the next octets have to be taken
	from int64     // octets that were taken when by was set
}

// deadline returns when a client that has taken this many octets has to have taken more.
func (p *pace) deadline(taken int64, l *limits) time.Time {
	if p.by.IsZero() || taken-p.from >= BufferSize {
		*p = pace{l.deadline(), taken}
	}
	return p.by
}
