package conn

import (
	"bytes"
	"sync"
	"sync/atomic"
	"time"

	"pillarbox/pop3/park"
)

// Replies are what was gathered for the client and has not been sent. They own a buffer only while
// something is gathered.
type replies struct {
	buf  *buffer // nil while nothing is gathered
	n    int32   // octets that are gathered in buf
	wide bool    // counted in Pool.wide
	left []byte  // sent before buf: gathered before the connection was parked
	sent int64   // octets that cannot be taken back: they were sent, or are in left
}

// A buffer is a slice of BufferSize octets, or of WideSize with capacity for their TLS records.
type buffer struct{ octets []byte }

// acquire takes a buffer of the pool: a wide one if the replies to more commands follow, and few
// connections have one.
func (r *replies) acquire(p *Pool, more bool) {
	if r.buf != nil {
		return
	}
	if more && !r.wide {
		r.wide = p.widen()
	}
	if r.wide {
		r.buf = p.getWide()
	} else {
		r.buf = p.get()
	}
}

// release returns the buffer to the pool if it is empty.
func (r *replies) release(p *Pool) {
	if r.n > 0 {
		return
	}
	if r.buf != nil {
		p.put(r.buf)
		r.buf = nil
	}
	if r.left == nil {
		r.narrow(p)
	}
}

// narrow ends what counts in Pool.wide.
func (r *replies) narrow(p *Pool) {
	if r.wide {
		r.wide = false
		p.wide.Add(-1)
	}
}

// room returns the size of the buffer, which there is.
func (r *replies) room() int { return len(r.buf.octets) }

// full reports whether octets cannot be gathered before something is sent.
func (r *replies) full() bool { return r.left != nil || r.buf != nil && int(r.n) == r.room() }

// due returns what is to be sent next.
func (r *replies) due() []byte {
	if r.left != nil {
		return r.left
	}
	if r.buf == nil {
		return nil
	}
	return r.buf.octets[:r.n]
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
		r.release(p)
		return
	}
	r.left = bytes.Clone(r.buf.octets[n:r.n])
	r.sent += int64(r.n)
	r.n = 0
	r.release(p)
	if len(r.left) <= BufferSize {
		r.narrow(p)
	}
}

// clear removes what is gathered. The buffer stays.
func (r *replies) clear() { r.n, r.left = 0, nil }

// taken returns how many octets the socket has accepted.
func (r *replies) taken() int64 { return r.sent - int64(len(r.left)) }

// A Position is a point among the gathered replies, to take back what was gathered after it.
type Position struct {
	sent int64
	n    int32
}

const (
	// BufferSize is how many octets of replies are gathered into one write: two full TLS records.
	BufferSize = 32 << 10
	// WideSize is the same for the replies to pipelined commands. A write costs as much as the
	// copies of some messages, because the client wakes up for each.
	WideSize = 62 << 10
	// wideRecords holds the TLS records of WideSize octets: 4, or 10 at the beginning of a session.
	wideRecords = 64 << 10
	// wideMost is how many connections have such a buffer, or more than BufferSize octets that wait
	// for room in the socket.
	wideMost = 8
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
	buffers sync.Pool    // of *buffer of BufferSize
	wides   sync.Pool    // of *buffer of WideSize
	wide    atomic.Int32 // how many connections may have one of those
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

// widen reports whether another connection may have a wide buffer, and counts it.
func (p *Pool) widen() bool {
	if p.wide.Add(1) <= wideMost {
		return true
	}
	p.wide.Add(-1)
	return false
}

// get returns a buffer, whose octets are undefined.
func (p *Pool) get() *buffer {
	if b, ok := p.buffers.Get().(*buffer); ok {
		return b
	}
	return &buffer{make([]byte, BufferSize)}
}

// getWide returns a wide buffer, whose octets are undefined.
func (p *Pool) getWide() *buffer {
	if b, ok := p.wides.Get().(*buffer); ok {
		return b
	}
	return &buffer{make([]byte, WideSize, wideRecords)}
}

// put returns a buffer to where it came from.
func (p *Pool) put(b *buffer) {
	if len(b.octets) == WideSize {
		p.wides.Put(b)
	} else {
		p.buffers.Put(b)
	}
}
