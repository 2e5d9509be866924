package conn

// SendBody sends the bytes of body from at on, and returns the offset that it has reached. After
// ErrWouldBlock it is called again with that offset. On TCP, and where the kernel has TLS, it sends
// large bodies from their files; all others are read into the buffer, behind the replies that are
// gathered.
//
// An error of the body is returned, and is not permanent.
func (c *Conn) SendBody(body Body, at int64) (int64, error) {
	if body.Size() >= SendfileMin {
		if extents := body.Extents(); extents != nil && c.to.kernel() {
			return c.sendExtents(body, extents, at)
		}
	}
	return c.copyBy(body, at, body.Size(), c.TryFlush)
}
