package conn

import (
	"context"
	"crypto/tls"
	"net"
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
	raw       net.Conn // that of deadlines, which changes in Secure only
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

// Init makes c the connection raw. Its reads fail once ctx ends. quickAck is called in place of the
// system call, see wire.QuickAck; it may be nil.
func (c *Conn) Init(ctx context.Context, raw net.Conn, limits Limits, quickAck func(socket int) error) {
	c.raw, c.deadlines.raw = raw, raw
	c.send, c.pace.idle, c.quickAck = limits.Send, limits.Idle, quickAck
	c.in = wire.NewReader((*source)(c), wire.BufferSize)
	c.in.Partial = c.acknowledge
	c.unhook = context.AfterFunc(ctx, c.deadlines.stop)
}

// NetConn returns the connection: that of Init, or the *tls.Conn of Secure.
func (c *Conn) NetConn() net.Conn { return c.raw }

// TLS returns the state of TLS on the connection; ok is false without TLS.
func (c *Conn) TLS() (state tls.ConnectionState, ok bool) {
	conn, ok := c.raw.(*tls.Conn)
	if ok {
		state = conn.ConnectionState()
	}
	return state, ok
}

// Secure continues over TLS. It drops all that was read before, because an attacker may have
// inserted it into the plain connection (RFC 3207 §4.2).
func (c *Conn) Secure(conn *tls.Conn) {
	c.raw = conn
	c.deadlines.replace(conn)
	c.in.Reset((*source)(c))
}

// Interrupt makes a wait for the client end, and every later one, and bounds how long the next
// reply may take. It is called from any goroutine.
func (c *Conn) Interrupt() { c.deadlines.giveWay() }

// Interrupted reports whether Interrupt was called.
func (c *Conn) Interrupted() bool { return c.deadlines.hasToGiveWay() }

// End notes that the client closes the connection, so that Close does not wait for it.
func (c *Conn) End() { c.ended = true }

// Close closes the connection and releases its buffers. What is gathered is not sent. The client
// gets time to read the last reply, unless it has closed its side, or a write has failed.
func (c *Conn) Close() {
	c.in.Reset(nil)
	c.in.Release()
	c.unhook()
	if c.broken != nil || c.ended {
		c.raw.Close()
		return
	}
	wire.HangUp(c.raw)
}
