package smtpd

import (
	"context"
	"crypto/tls"
	"net"
	"sync"
	"time"

	"pillarbox/pop3/wire"
)

// A line is the connection of a session as its Reader sees it. Before it reads from the network, it
// sends the gathered replies: so the replies to pipelined commands leave together, and never later
// than the session has to wait (RFC 2920 §3.2).
//
// It also enforces the time limits. A command has the time from its first read until it is
// complete. Content gets that time again with every read that returns octets, but has to arrive at
// leastRate, see credit.
type line struct {
	conn  net.Conn
	idle  time.Duration
	flush func() error
	stop  func() bool // unregisters the function that waits for the context's end

	content bool // whether content is being read
	running bool // whether the time of this command has begun
	metered bool // whether the credit runs: in content, and between chunks of a message
	drained bool // the last read left nothing in the socket: it returned less than it had room for
	ended   bool // nothing more is read: the client has closed its side, or announced that it will
	broken  error

	by     time.Time     // when the time of this command is over
	credit time.Duration // how much longer the client may keep the server waiting, see leastRate

	mu      sync.Mutex // guards the fields below, and the deadlines
	stopped bool       // reads end at once
	gaveWay bool       // because the message has to make room
}

// newLine returns a line whose reads fail once ctx ends.
func newLine(ctx context.Context, conn net.Conn, idle time.Duration, flush func() error) *line {
	l := &line{conn: conn, idle: idle, flush: flush}
	l.stop = context.AfterFunc(ctx, l.interrupt)
	return l
}

// interrupt makes a waiting read, and every later one, end at once.
func (l *line) interrupt() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.stopLocked()
}

// finalReply is how long a client may take to read a reply once its message has to make room.
const finalReply = 500 * time.Millisecond

// giveWay is interrupt for a message that has to make room for others. A client that does not read
// its reply cannot delay it, either.
func (l *line) giveWay() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.gaveWay = true
	l.stopLocked()
	l.conn.SetWriteDeadline(time.Now().Add(finalReply))
}

// hasToGiveWay reports whether giveWay was called.
func (l *line) hasToGiveWay() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.gaveWay
}

func (l *line) stopLocked() {
	l.stopped = true
	l.conn.SetReadDeadline(time.Unix(1, 0))
}

// replace continues with conn, which is l.conn under TLS.
func (l *line) replace(conn net.Conn) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.conn = conn
	if l.stopped {
		conn.SetReadDeadline(time.Unix(1, 0))
	}
}

// tls returns the state of TLS on the connection; ok is false without TLS.
func (l *line) tls() (state tls.ConnectionState, ok bool) {
	conn, ok := l.conn.(*tls.Conn)
	if ok {
		state = conn.ConnectionState()
	}
	return state, ok
}

// begin is called before a command line is read.
func (l *line) begin() { l.content, l.running = false, false }

// beginContent is called before content is read.
func (l *line) beginContent() {
	l.content = true
	l.meter()
}

// meter starts the credit, unless it runs already: chunks of one message share one, with the
// commands between them.
func (l *line) meter() {
	if !l.metered {
		l.metered, l.credit = true, maxCredit
	}
}

// endMeter stops the credit: the message is over.
func (l *line) endMeter() { l.metered = false }

// brought credits the client with n octets of content. Commands bring it nothing.
func (l *line) brought(n int) {
	l.credit = min(l.credit+time.Duration(n)*time.Second/leastRate, maxCredit)
}

// Read sends what was said, and reads once.
func (l *line) Read(p []byte) (int, error) {
	if err := l.flush(); err != nil {
		return 0, err
	}
	began := time.Now()
	if l.content || !l.running {
		l.running, l.by = true, began.Add(l.idle)
	}
	by := l.by
	if out := began.Add(l.credit); l.metered && out.Before(by) {
		by = out
	}
	if err := l.expect(by); err != nil {
		return 0, err
	}
	n, err := l.conn.Read(p)
	l.drained = n < len(p)
	l.credit -= time.Since(began)
	l.ended = l.ended || err != nil
	return n, err
}

const (
	// leastRate is how many octets a second the content of a message has to bring, over any time:
	// a message holds room, and a client that brought an octet a minute would hold it for years.
	leastRate = 64
	// maxCredit is the most that a client may save up by sending faster: the window over which the
	// rate is measured. So a fast beginning buys four minutes of silence, not days, and a sender at
	// half the rate is cut after eight. Only waiting for the client counts, not the time in which
	// the server writes.
	maxCredit = 4 * time.Minute
)

// expect makes reads fail from by on, unless they already fail because the context has ended.
func (l *line) expect(by time.Time) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.stopped {
		return nil
	}
	return l.conn.SetReadDeadline(by)
}

// send writes text in one write. After an error every later send fails.
func (l *line) send(text []byte, within time.Duration) error {
	if l.broken != nil {
		return l.broken
	}
	if l.broken = l.expectTaken(within); l.broken == nil {
		_, l.broken = l.conn.Write(text)
	}
	return l.broken
}

// expectTaken makes writes fail that take longer than within.
func (l *line) expectTaken(within time.Duration) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.gaveWay {
		within = min(within, finalReply)
	}
	return l.conn.SetWriteDeadline(time.Now().Add(within))
}

// close ends the connection.
func (l *line) close() {
	l.stop()
	if l.broken != nil || l.ended {
		l.conn.Close()
		return
	}
	wire.HangUp(l.conn) // so that the client receives the last reply
}
