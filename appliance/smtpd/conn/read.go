package conn

import (
	"time"

	"pillarbox/pop3/wire"
)

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
