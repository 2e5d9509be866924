//go:build !linux

package conn

import "io"

// sendExtents copies: only Linux has the other way.
func (c *Conn) sendExtents(body io.ReaderAt, extents []Extent, at int64) (int64, error) {
	var size int64
	for _, e := range extents {
		size += e.Length
	}
	return c.copyBy(body, at, size, c.TryFlush)
}
