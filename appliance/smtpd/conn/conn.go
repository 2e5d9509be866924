package conn

import (
	"crypto/tls"
	"net"
	"sync"
	"time"

	"pillarbox/pop3/wire"
)

// Limits are those of one connection.
type Limits struct {
	Idle time.Duration // for a command, and for a read of content
	Send time.Duration // for one write
}

// A Conn is the connection of a session, which has it as a field. It is used by one goroutine at a
// time, but for Interrupt.
type Conn struct {
	in        *wire.Reader
	out       []byte // replies that are gathered
	send      time.Duration
	pace      pace
	deadlines deadlines
	unhook    func() bool            // unregisters the function that waits for the context's end
	quickAck  func(socket int) error // see wire.QuickAck

	drained bool  // the last read left nothing in the socket: it returned less than it had room for
	ended   bool  // nothing more is read: the client has closed its side, or announced that it will
	broken  error // of a write
}

// NetConn returns the connection: that of Init, or the *tls.Conn of Secure.
func (c *Conn) NetConn() net.Conn { return c.deadlines.raw }

// TLS returns the state of TLS on the connection; ok is false without TLS.
func (c *Conn) TLS() (state tls.ConnectionState, ok bool) {
	conn, ok := c.NetConn().(*tls.Conn)
	if ok {
		state = conn.ConnectionState()
	}
	return state, ok
}

// Interrupt makes a wait for the client end, and every later one, and bounds how long the next
// reply may take. It is called from any goroutine.
func (c *Conn) Interrupt() { c.deadlines.giveWay() }

// Interrupted reports whether Interrupt was called.
func (c *Conn) Interrupted() bool { return c.deadlines.hasToGiveWay() }

// End notes that the client closes the connection, so that Close does not wait for it.
func (c *Conn) End() { c.ended = true }

// deadlines sets those of a connection. Another goroutine may end its waits.
type deadlines struct {
	// raw is TCP or a local socket, or TLS over it. The goroutine of the connection reads it, and
	// changes it with mu held.
	raw net.Conn

	mu      sync.Mutex // guards the fields below, and the deadlines of raw
	stopped bool       // reads end at once
	gaveWay bool       // because the message has to make room
}

// longAgo is a deadline that has passed: it ends a read that waits.
var longAgo = time.Unix(1, 0)

// finalReply is how long a client may take to read a reply after giveWay.
const finalReply = 500 * time.Millisecond

// stop makes a read that waits, and every later one, end at once.
func (d *deadlines) stop() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.stopLocked()
}

// giveWay is stop for a message that has to make room for others. A client that does not read its
// reply cannot delay it, either.
func (d *deadlines) giveWay() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.gaveWay = true
	d.stopLocked()
	d.raw.SetWriteDeadline(time.Now().Add(finalReply))
}

func (d *deadlines) stopLocked() {
	d.stopped = true
	d.raw.SetReadDeadline(longAgo)
}

// hasToGiveWay reports whether giveWay was called.
func (d *deadlines) hasToGiveWay() bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.gaveWay
}

// replace continues with raw, which is TLS over the connection.
func (d *deadlines) replace(raw net.Conn) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.raw = raw
	if d.stopped {
		raw.SetReadDeadline(longAgo)
	}
}

// expect makes reads fail from by on, unless they already fail.
func (d *deadlines) expect(by time.Time) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.stopped {
		return nil
	}
	return d.raw.SetReadDeadline(by)
}

// expectTaken makes writes fail that take longer than within.
func (d *deadlines) expectTaken(within time.Duration) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.gaveWay {
		within = min(within, finalReply)
	}
	return d.raw.SetWriteDeadline(time.Now().Add(within))
}

// A pace is how long the client may keep the server waiting. A command has the idle time from its
// first read until it is complete. Content gets that time again with every read that returns
// octets, but has to arrive at leastRate, see credit.
type pace struct {
	idle time.Duration

	content bool // whether content is being read
	running bool // whether the time of this command has begun
	metered bool // whether the credit runs: in content, and between chunks of a message

	by     time.Time     // when the time of this command is over
	credit time.Duration // how much longer the client may keep the server waiting, see leastRate
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

// begin is called before a command line is read.
func (p *pace) begin() { p.content, p.running = false, false }

// beginContent is called before content is read. It starts the credit, unless that runs already:
// chunks of one message share one, with the commands between them.
func (p *pace) beginContent() {
	p.content = true
	if !p.metered {
		p.metered, p.credit = true, maxCredit
	}
}

// endContent stops the credit: the message is over.
func (p *pace) endContent() { p.metered = false }

// brought credits the client with n octets of content. Commands bring it nothing.
func (p *pace) brought(n int) {
	p.credit = min(p.credit+time.Duration(n)*time.Second/leastRate, maxCredit)
}

// due returns until when a read may wait that begins now.
func (p *pace) due(now time.Time) time.Time {
	if p.content || !p.running {
		p.running, p.by = true, now.Add(p.idle)
	}
	if out := now.Add(p.credit); p.metered && out.Before(p.by) {
		return out
	}
	return p.by
}

// waited is called after each read, with the time that it took.
func (p *pace) waited(d time.Duration) { p.credit -= d }
