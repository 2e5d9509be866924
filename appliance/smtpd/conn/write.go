package conn

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
