package wire

import (
	"bytes"
	"errors"
	"io"
	"sync"
)

// The errors of a Reader about a line, beside those of its connection.
var (
	// ErrLongLine is returned for a line that is longer than the protocol allows. It is permanent,
	// because it is not known where the next line begins.
	ErrLongLine = errors.New("wire: line too long")
	// ErrNUL is returned for a line with a zero octet, which no command has and which programs
	// interpret differently. It is permanent.
	ErrNUL = errors.New("wire: zero octet in a line")
	// ErrBareLF is returned for a line that ends in LF without CR, which is no command. The line is
	// consumed, and the next one can be read.
	ErrBareLF = errors.New("wire: line ends in a bare LF")
)

// BufferSize is the size in octets for which Readers take their buffer from a shared pool. It holds
// the longest AUTH line (12288 octets, RFC 4954 §4).
const BufferSize = 16 << 10

// smallSize is the size of the buffer with which a Reader waits. A command and most pipelined
// batches fit into it.
const smallSize = 512

// maxEmptyReads is how often in a row a source may return neither octets nor an error.
const maxEmptyReads = 100

// buffers is shared by all Readers of BufferSize.
var buffers = sync.Pool{New: func() any { return new([BufferSize]byte) }}

// smalls is the same for small buffers.
var smalls = sync.Pool{New: func() any { return new([smallSize]byte) }}

// A Reader reads bounded lines and blocks from one connection. It owns at most a small buffer and a
// large one, which it acquires for a line that is longer than 512 octets, or for a block, and
// which Release returns. It is used by one goroutine at a time.
type Reader struct {
	// Partial is called before each read that waits for the rest of a line of which a part is
	// buffered. ReadLine returns its error, if it has one, and the part stays buffered. It may be
	// nil. It costs a session 24 bytes.
	Partial func() error

	src  io.Reader
	size int
	err  error // of the next read: it was returned beside octets, or is permanent

	buf    []byte // nil, small[:], or a taken buffer of size octets
	taken  *[BufferSize]byte
	small  *[smallSize]byte
	lo, hi int // buf[lo:hi] is read and not yet consumed
}

// NewReader returns a Reader of r that holds at most size octets, at least 512; no line that
// is longer can be read. BufferSize is the size to prefer.
func NewReader(r io.Reader, size int) *Reader {
	return &Reader{src: r, size: max(size, smallSize)}
}

// ReadLine returns the next line without its CRLF. It is at most max octets long, the CRLF
// counted, and valid until the next call. A CR inside the line is left in it.
//
// Errors: ErrLongLine, ErrNUL, ErrBareLF; io.EOF when the peer closed between lines,
// io.ErrUnexpectedEOF when it closed inside one, of which nothing is returned: a command ends
// by CRLF only; else the connection's own.
func (r *Reader) ReadLine(max int) ([]byte, error) {
	max = min(max, r.size)
	for seen := 0; ; {
		fresh := r.buf[r.lo+seen : r.hi]
		end := bytes.IndexByte(fresh, '\n')
		if end >= 0 {
			fresh = fresh[:end]
		}
		seen += len(fresh)
		switch {
		case bytes.IndexByte(fresh, 0) >= 0:
			return nil, r.fail(ErrNUL)
		case seen >= max:
			return nil, r.fail(ErrLongLine)
		case end >= 0:
			return r.cut(seen)
		}
		if seen > 0 && r.Partial != nil {
			if err := r.Partial(); err != nil {
				return nil, err
			}
		}
		if err := r.fill(); err == io.EOF && seen > 0 {
			return nil, io.ErrUnexpectedEOF
		} else if err != nil {
			return nil, err
		}
	}
}

// cut consumes the line of n octets and its LF, and returns what comes before the CRLF.
func (r *Reader) cut(n int) ([]byte, error) {
	line := r.buf[r.lo : r.lo+n]
	r.lo += n + 1
	if n == 0 || line[n-1] != '\r' {
		return nil, ErrBareLF
	}
	return line[:n-1], nil
}

// fail makes err permanent.
func (r *Reader) fail(err error) error {
	r.lo, r.hi, r.err = 0, 0, err
	return err
}

// LineWaits reports whether a whole line is buffered, so that replies can be gathered until
// none waits.
func (r *Reader) LineWaits() bool {
	return bytes.IndexByte(r.buf[r.lo:r.hi], '\n') >= 0
}

// Buffered returns how many octets are buffered and not yet consumed.
func (r *Reader) Buffered() int { return r.hi - r.lo }

// Pending returns the octets that are buffered and not yet consumed, without a read. They are valid
// as long as those of Block.
func (r *Reader) Pending() []byte { return r.buf[r.lo:r.hi] }

// Block returns the buffered octets, and reads once when there are none. They are valid until
// the next call of ReadLine, Block, Reset or Release.
func (r *Reader) Block() ([]byte, error) {
	if r.lo == r.hi {
		r.grow()
		if err := r.fill(); err != nil {
			return nil, err
		}
	}
	return r.buf[r.lo:r.hi], nil
}

// Advance consumes the first n octets of the Block.
func (r *Reader) Advance(n int) {
	if n < 0 || n > r.hi-r.lo {
		panic("wire: Advance beyond the block")
	}
	r.lo += n
}

// Reset drops all that is buffered and continues with r2, so that after STLS and STARTTLS nothing
// is used that was sent before.
func (r *Reader) Reset(r2 io.Reader) {
	r.src, r.err, r.lo, r.hi = r2, nil, 0, 0
}

// Release returns the buffer to its pool if nothing is buffered, so that a waiting session takes
// little memory. The next line acquires one again.
func (r *Reader) Release() {
	if r.lo < r.hi {
		return
	}
	if r.taken != nil {
		buffers.Put(r.taken)
	}
	if r.small != nil {
		smalls.Put(r.small)
	}
	r.taken, r.small, r.buf, r.lo, r.hi = nil, nil, nil, 0, 0
}

// fill reads once, after what is buffered, and returns nil if octets have arrived.
func (r *Reader) fill() error {
	if err := r.err; err != nil {
		if err != ErrLongLine && err != ErrNUL {
			r.err = nil // a time-out may be over at the next call
		}
		return err
	}
	r.makeRoom()
	for range maxEmptyReads {
		n, err := r.src.Read(r.buf[r.hi:])
		r.hi += n
		if n > 0 {
			r.err = err
			return nil
		}
		if err != nil {
			return err
		}
	}
	return io.ErrNoProgress
}

// makeRoom makes space after buf[lo:hi], which is shorter than size.
func (r *Reader) makeRoom() {
	switch {
	case r.lo < r.hi:
		r.grow()
	case r.buf == nil:
		r.small = smalls.Get().(*[smallSize]byte)
		r.buf = r.small[:]
	}
	if r.lo > 0 {
		r.hi = copy(r.buf, r.buf[r.lo:r.hi])
		r.lo = 0
	}
}

// grow acquires the large buffer.
func (r *Reader) grow() {
	if len(r.buf) == r.size {
		return
	}
	var buf []byte
	if r.size == BufferSize {
		r.taken = buffers.Get().(*[BufferSize]byte)
		buf = r.taken[:]
	} else {
		buf = make([]byte, r.size)
	}
	r.hi = copy(buf, r.buf[r.lo:r.hi])
	r.lo, r.buf = 0, buf
}
