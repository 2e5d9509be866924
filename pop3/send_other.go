//go:build !linux

package pop3

import "io"

// sendfileMin is the size from which stored bytes are sent by the kernel, where one can.
const sendfileMin = gatherSize

// A sendfileFunc sends bytes of a file to a socket.
type sendfileFunc func(out, in int, offset *int64, count int) (int, error)

// sendExtents copies: sending by the kernel is for Linux.
func (d *dialogue) sendExtents(body io.ReaderAt, extents []Extent, at int64) (int64, error) {
	var size int64
	for _, e := range extents {
		size += e.Length
	}
	return d.copyBy(body, at, size, d.drain)
}
