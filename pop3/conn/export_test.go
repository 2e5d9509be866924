package conn

import (
	"bytes"
	"crypto/tls"
)

// ReleaseBuffers is releaseBuffers.
func ReleaseBuffers(c *tls.Conn) { releaseBuffers(c) }

// Buffers returns the buffers of crypto/tls, or nil for one that it does not have.
func Buffers(c *tls.Conn) (raw, hand *bytes.Buffer, input *bytes.Reader) {
	return field[bytes.Buffer](c, "rawInput"), field[bytes.Buffer](c, "hand"), field[bytes.Reader](c, "input")
}
