package conn

import (
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
