package conn

import "crypto/tls"

// SendBody sends the bytes of body from at on, and returns the offset that it has reached. After
// ErrWouldBlock it is called again with that offset. On TCP, and where the kernel has TLS, it sends
// large bodies from their files; all others are read into the buffer, behind the replies that are
// gathered.
//
// An error of the body is returned, and is not permanent.
func (c *Conn) SendBody(body Body, at int64) (int64, error) {
	if body.Size() >= SendfileMin {
		if extents := body.Extents(); extents != nil && c.toKernel() {
			return c.sendExtents(body, extents, at)
		}
	}
	return c.copyBy(body, at, body.Size(), c.TryFlush)
}

// toKernel reports whether the kernel can send files to the client. The first large body of a TLS
// connection has it make the records from then on, if it can. An idle session would only pay for
// it: the kernel holds 2 to 4 KiB for the keys.
func (c *Conn) toKernel() bool {
	secure, ok := c.raw.(*tls.Conn)
	if c.tcp != nil || c.tap == nil || !ok {
		return c.tcp != nil
	}
	if c.tap.Switch(secure.ConnectionState()) != nil {
		c.tap = nil // crypto/tls continues
		return false
	}
	c.tcp = c.tap.TCPConn
	return true
}
