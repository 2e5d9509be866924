package wire

import (
	"bytes"
	"errors"
	"io"
	"sync"
)

// What a Reader can say of a line, beside what its connection says.
var (
	// ErrLongLine: the line is longer than the protocol allows. Where the next one begins
	// is not known, so the Reader says so for ever after and the session ends.
	ErrLongLine = errors.New("wire: line too long")
	// ErrNUL: a zero octet, which no command holds and which programs disagree about. The
	// Reader says so for ever after and the session ends.
	ErrNUL = errors.New("wire: zero octet in a line")
	// ErrBareLF: the line ended in a LF without a CR, so it is no command. It is consumed, and
	// the next line can be read.
	ErrBareLF = errors.New("wire: line ends in a bare LF")
)

// BufferSize is the size in octets that costs nothing between sessions: Readers of it take
// their buffer from a pool that they share. It holds the longest AUTH line (12288 octets, RFC 4954 §4).
const BufferSize = 16 << 10

// smallSize is how many octets a Reader waits for with a small buffer. A command and most
// pipelined batches fit.
const smallSize = 512

// maxEmptyReads is how often in a row a source may bring neither octets nor an error.
const maxEmptyReads = 100

// buffers is shared by all Readers of BufferSize, for what belongs to none of them.
var buffers = sync.Pool{New: func() any { return new([BufferSize]byte) }}

// smalls is the same for small buffers.
var smalls = sync.Pool{New: func() any { return new([smallSize]byte) }}

// A Reader reads bounded lines and blocks from one connection. It owns at most a small buffer
// and a large one, which it takes when a line is longer than 512 octets or a block is asked for, and
// which Release gives back. It is used by one goroutine at a time.
type Reader struct {
	src  io.Reader
	size int
	err  error // what the next read has to say: met beside octets, or for ever

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

// fail makes err what the Reader says from now on.
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

// Reset drops all that is buffered and goes on with r2. After STLS and STARTTLS this is how
// nothing that was sent before the upgrade survives it.
func (r *Reader) Reset(r2 io.Reader) {
	r.src, r.err, r.lo, r.hi = r2, nil, 0, 0
}

// Release gives the buffer back when nothing is buffered, so that a session that waits costs
// little. The next line brings it back when it is needed.
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

// fill reads once, behind what is buffered, and returns nil when it brought octets.
func (r *Reader) fill() error {
	if err := r.err; err != nil {
		if err != ErrLongLine && err != ErrNUL {
			r.err = nil // a time-out may be over when the caller asks again
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

// makeRoom leaves space behind buf[lo:hi], which is shorter than size.
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

// grow brings the whole buffer.
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
