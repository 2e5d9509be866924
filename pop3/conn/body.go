package conn

import (
	"io"
	"os"
)

// A Body is what SendBody sends.
type Body interface {
	io.ReaderAt
	// Size returns the number of bytes.
	Size() int64
	// Extents returns where the bytes are in files, in order and without gaps, or nil if ReadAt is
	// the only way to them.
	Extents() []Extent
}

// An Extent is a contiguous range of bytes in a file. Many sessions share the File: it is read at
// explicit offsets (pread, sendfile with an offset), and no session depends on its position.
type Extent struct {
	File   *os.File
	Offset int64
	Length int64
}

// SendfileMin is the size from which the kernel sends the bytes of a file: what the buffer cannot
// hold, and so cannot share its write with other replies. Below 16 KiB the second system call costs
// more than the copy (BenchmarkCrossover).
const SendfileMin = BufferSize

// Copy gathers the bytes from…to of body, in pieces as large as the buffer.
func (c *Conn) Copy(body io.ReaderAt, from, to int64) error {
	_, err := c.copyBy(body, from, to, c.Flush)
	return err
}

// copyBy is Copy that sends a full buffer by flush. It returns the offset that it has reached.
func (c *Conn) copyBy(body io.ReaderAt, at, to int64, flush func() error) (int64, error) {
	for at < to {
		if c.out.full() {
			if err := flush(); err != nil {
				return at, err
			}
		}
		piece, err := c.Fill(body, at, to-at)
		if err != nil {
			return at, err
		}
		c.Gather(len(piece))
		at += int64(len(piece))
	}
	return at, c.err
}

// Fill reads at most want bytes of body into the free part of the buffer, and returns them. They
// are not gathered before the caller calls Gather, and valid until the next call. A full buffer is
// sent first.
func (c *Conn) Fill(body io.ReaderAt, from, want int64) ([]byte, error) {
	acquire(c)
	if int(c.out.n) == c.out.room() {
		c.Flush()
	}
	if c.err != nil {
		return nil, c.err
	}
	piece := c.out.buf.octets[c.out.n:min(int64(c.out.room()), int64(c.out.n)+want)]
	n, err := body.ReadAt(piece, from)
	if n == len(piece) {
		return piece, nil
	}
	if err == nil || err == io.EOF {
		err = io.ErrUnexpectedEOF
	}
	return nil, err
}

// Gather gathers the first n octets that Fill has returned.
func (c *Conn) Gather(n int) { c.out.n += int32(n) }
