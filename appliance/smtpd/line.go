package smtpd

import (
	"context"
	"crypto/tls"
	"net"
	"sync"
	"time"

	"pillarbox/pop3/wire"
)

// A line is the connection of a session as its Reader sees it. Before it reads from the
// network, what was said so far leaves: so the replies to pipelined commands leave together,
// and never later than the session has to wait (RFC 2920 §3.2).
//
// It also keeps the time. In a command the time runs from the first read until the command is
// whole; in content it begins anew with every read that brings octets, but who brings fewer than
// leastRate has its time for one silence more, and goes.
type line struct {
	conn  net.Conn
	idle  time.Duration
	flush func() error
	stop  func() bool // unregisters what waits for the context's end

	content bool // whether what is read now is content
	running bool // whether the time of this command runs already
	ended   bool // nothing more is read: the client has left, or said that it does
	broken  error

	began time.Time // the content
	taken int64     // octets of it

	mu      sync.Mutex // guards stopped, and the read deadline beside it
	stopped bool
}

// newLine returns a line whose reads fail once ctx ends.
func newLine(ctx context.Context, conn net.Conn, idle time.Duration, flush func() error) *line {
	l := &line{conn: conn, idle: idle, flush: flush}
	l.stop = context.AfterFunc(ctx, l.interrupt)
	return l
}

// interrupt makes a read that waits, and every one after it, end at once.
func (l *line) interrupt() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.stopped = true
	l.conn.SetReadDeadline(time.Unix(1, 0))
}

// replace goes on with conn, which is l.conn under TLS.
func (l *line) replace(conn net.Conn) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.conn = conn
	if l.stopped {
		conn.SetReadDeadline(time.Unix(1, 0))
	}
}

// tls returns the state of TLS on the connection, if there is any.
func (l *line) tls() (state tls.ConnectionState, ok bool) {
	conn, ok := l.conn.(*tls.Conn)
	if ok {
		state = conn.ConnectionState()
	}
	return state, ok
}

// begin says that a line of the dialogue is read next.
func (l *line) begin() { l.content, l.running = false, false }

// beginContent says that content is read next.
func (l *line) beginContent() {
	if !l.content {
		l.content, l.began, l.taken = true, time.Now(), 0
	}
}

// Read sends what was said, and reads once.
func (l *line) Read(p []byte) (int, error) {
	if err := l.flush(); err != nil {
		return 0, err
	}
	if l.content || !l.running {
		l.running = true
		if err := l.renew(); err != nil {
			return 0, err
		}
	}
	n, err := l.conn.Read(p)
	l.taken += int64(n)
	l.ended = l.ended || err != nil
	return n, err
}

// leastRate is how many octets of content a second a client has to bring on the whole: one that brings an octet a minute
// would hold its mail, and its place, for years.
const leastRate = 64

// until returns until when the client has time.
func (l *line) until() time.Time {
	by := time.Now().Add(l.idle)
	if !l.content {
		return by
	}
	latest := l.began.Add(2*l.idle + time.Duration(l.taken/leastRate)*time.Second)
	if latest.Before(by) {
		return latest
	}
	return by
}

// renew gives the client its whole time again, unless the context has ended.
func (l *line) renew() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.stopped {
		return nil
	}
	return l.conn.SetReadDeadline(l.until())
}

// send writes text, all of it in one write, or fails for ever after.
func (l *line) send(text []byte, within time.Duration) error {
	if l.broken != nil {
		return l.broken
	}
	if l.broken = l.conn.SetWriteDeadline(time.Now().Add(within)); l.broken == nil {
		_, l.broken = l.conn.Write(text)
	}
	return l.broken
}

// close ends the connection.
func (l *line) close() {
	l.stop()
	if l.broken != nil || l.ended {
		l.conn.Close()
		return
	}
	wire.HangUp(l.conn) // the client is to hear why
}
