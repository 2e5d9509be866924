package conn

import (
	"sync"
	"time"

	"pillarbox/pop3/park"
)

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
