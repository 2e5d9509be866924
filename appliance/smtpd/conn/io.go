package conn

import (
	"context"
	"crypto/tls"
	"net"
	"time"

	"pillarbox/pop3/wire"
)

// Init makes c the connection raw. Its reads fail once ctx ends. quickAck is called in place of the
// system call, see wire.QuickAck; it may be nil.
func (c *Conn) Init(ctx context.Context, raw net.Conn, limits Limits, quickAck func(socket int) error) {
	c.deadlines.raw = raw
	c.send, c.pace.idle, c.quickAck = limits.Send, limits.Idle, quickAck
	c.in = wire.NewReader((*source)(c), wire.BufferSize)
	c.in.Partial = c.acknowledge
	c.unhook = context.AfterFunc(ctx, c.deadlines.stop)
}

// Secure continues over TLS. It drops all that was read before, because an attacker may have
// inserted it into the plain connection (RFC 3207 §4.2).
func (c *Conn) Secure(conn *tls.Conn) {
	c.deadlines.replace(conn)
	c.in.Reset((*source)(c))
}

// Close closes the connection and releases its buffers. What is gathered is not sent. The client
// gets time to read the last reply, unless it has closed its side, or a write has failed.
func (c *Conn) Close() {
	c.in.Reset(nil)
	c.in.Release()
	c.unhook()
	if c.broken != nil || c.ended {
		c.NetConn().Close()
		return
	}
	wire.HangUp(c.NetConn())
}

// A source is a connection as its Reader sees it.
type source Conn

// Read sends what is gathered, and reads once.
func (s *source) Read(p []byte) (int, error) {
	c := (*Conn)(s)
	if err := c.Flush(); err != nil {
		return 0, err
	}
	began := time.Now()
	if err := c.deadlines.expect(c.pace.due(began)); err != nil {
		return 0, err
	}
	n, err := c.NetConn().Read(p)
	c.drained = n < len(p)
	c.pace.waited(time.Since(began))
	c.ended = c.ended || err != nil
	return n, err
}

// acknowledge is called before a read that waits for the rest of a line or of content, see
// wire.QuickAck. A reply that waits to be sent carries the acknowledgment, and if the last read was
// full, the socket may hold more. The error is nil.
func (c *Conn) acknowledge() error {
	if c.drained && len(c.out) == 0 {
		wire.QuickAck(c.NetConn(), c.quickAck)
	}
	return nil
}

// ReadLine returns the next line of the client, at most limit octets, without its CRLF, valid until
// the next call. Its errors are those of wire.Reader, and of the connection.
func (c *Conn) ReadLine(limit int) ([]byte, error) {
	c.pace.begin()
	return c.in.ReadLine(limit)
}

// Release releases the buffers before a wait for a line.
func (c *Conn) Release() { c.in.Release() }

// BeginContent is called before content is read, in each chunk of a message.
func (c *Conn) BeginContent() { c.pace.beginContent() }

// EndContent is called when no content is to follow.
func (c *Conn) EndContent() { c.pace.endContent() }

// Block returns the next octets of content, see wire.Reader.Block.
func (c *Conn) Block() ([]byte, error) {
	if c.in.Buffered() == 0 {
		c.acknowledge()
	}
	return c.in.Block()
}

// Advance consumes n octets of what Block returned.
func (c *Conn) Advance(n int) {
	c.in.Advance(n)
	c.pace.brought(n)
}

const (
	maxGathered = 4096 // octets of replies that are gathered at most
	maxIdle     = 512  // octets of buffer for replies that a connection keeps while it waits
)

// Room returns what is gathered, for replies to be appended to it, which Keep then keeps.
func (c *Conn) Room() []byte { return c.out }

// Keep gathers what was appended to Room. If it is much, it is sent; if that fails, the next read
// returns the error.
func (c *Conn) Keep(replies []byte) {
	c.out = replies
	if len(c.out) > maxGathered {
		c.Flush()
	}
}

// Flush sends what is gathered, in one write. After an error nothing more is sent, and every later
// call returns it.
func (c *Conn) Flush() error {
	if len(c.out) == 0 {
		return c.broken
	}
	err := c.write(c.out)
	if c.out = c.out[:0]; cap(c.out) > maxIdle {
		c.out = nil
	}
	return err
}

func (c *Conn) write(text []byte) error {
	if c.broken != nil {
		return c.broken
	}
	if c.broken = c.deadlines.expectTaken(c.send); c.broken == nil {
		_, c.broken = c.NetConn().Write(text)
	}
	return c.broken
}
