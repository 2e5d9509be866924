package conn

import (
	"bytes"
	"sync"
	"time"

	"pillarbox/pop3/park"
)

// Replies are what was gathered for the client and has not been sent. They own a buffer only while
// something is gathered.
type replies struct {
	buf  *[BufferSize]byte // nil while nothing is gathered
	n    int               // octets that are gathered in buf
	left []byte            // sent before buf: gathered before the connection was parked
	sent int64             // octets that cannot be taken back: they were sent, or are in left
}

// acquire takes a buffer of the pool.
func (r *replies) acquire(p *Pool) {
	if r.buf == nil {
		r.buf = p.get()
	}
}

// release returns the buffer to the pool if it is empty.
func (r *replies) release(p *Pool) {
	if r.buf != nil && r.n == 0 {
		p.buffers.Put(r.buf)
		r.buf = nil
	}
}

// full reports whether octets cannot be gathered before something is sent.
func (r *replies) full() bool { return r.n == BufferSize || r.left != nil }

// due returns what is to be sent next.
func (r *replies) due() []byte {
	if r.left != nil {
		return r.left
	}
	if r.buf == nil {
		return nil
	}
	return r.buf[:r.n]
}

// wrote records that n octets of due were sent. The rest of due, which is left after an error only,
// will not be sent.
func (r *replies) wrote(n int) {
	if r.left != nil { // counted by setAside
		r.left = nil
		return
	}
	r.sent += int64(n)
	r.n = 0
}

// setAside records that n octets of due were sent, keeps the others in a slice of their size, and
// releases the buffer. They count as sent, because the client may have a part of the reply.
func (r *replies) setAside(n int, p *Pool) {
	if r.left != nil {
		r.left = r.left[n:]
		return
	}
	r.left = bytes.Clone(r.buf[n:r.n])
	r.sent += int64(r.n)
	r.n = 0
	r.release(p)
}

// clear removes what is gathered. The buffer stays.
func (r *replies) clear() { r.n, r.left = 0, nil }

// taken returns how many octets the socket has accepted.
func (r *replies) taken() int64 { return r.sent - int64(len(r.left)) }

// A Position is a point among the gathered replies, to take back what was gathered after it.
type Position struct {
	sent int64
	n    int
}

const (
	// BufferSize is how many octets of replies are gathered into one write: two full TLS records.
	BufferSize = 32 << 10
	// LineSize is the length of the longest reply line (RFC 2449 §4).
	LineSize = 512
)

// A Pool holds what the connections of a server share: buffers for replies, and the lot in which
// connections are parked. Its exported fields are set before the first connection. The zero Pool is
// ready for use.
type Pool struct {
	// ParkAfter is how long a connection waits for its client in its goroutine before it is parked.
	// If 0, 200 ms: a busy mail client answers sooner, and one that keeps an idle session is silent
	// for minutes.
	ParkAfter time.Duration
	// Sendfile replaces the system call if it is not nil. Tests count and break it.
	Sendfile func(out, in int, offset *int64, count int) (int, error)
	// QuickAck replaces the system call if it is not nil; see wire.QuickAck.
	QuickAck func(socket int) error

	lot     park.Lot
	buffers sync.Pool // of *[BufferSize]byte
}

// defaultParkAfter is ParkAfter if it is not set.
const defaultParkAfter = 200 * time.Millisecond

// Parked returns the number of connections that are parked.
func (p *Pool) Parked() int { return p.lot.Parked() }

// parkAfter returns ParkAfter or its default.
func (p *Pool) parkAfter() time.Duration {
	if p.ParkAfter == 0 {
		return defaultParkAfter
	}
	return p.ParkAfter
}

// get returns a buffer, whose octets are undefined.
func (p *Pool) get() *[BufferSize]byte {
	if b, ok := p.buffers.Get().(*[BufferSize]byte); ok {
		return b
	}
	return new([BufferSize]byte)
}
