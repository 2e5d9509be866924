package conn

import (
	"context"
	"crypto/tls"
	"net"

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
