package conn

import (
	"net"
	"sync"
	"time"
)

// deadlines sets those of a connection. Another goroutine may end its waits.
type deadlines struct {
	// raw is TCP or a local socket, or TLS over it. The goroutine of the connection reads it, and
	// changes it with mu held.
	raw net.Conn

	mu      sync.Mutex // guards the fields below, and the deadlines of raw
	stopped bool       // reads end at once
	gaveWay bool       // because the message has to make room
}

// longAgo is a deadline that has passed: it ends a read that waits.
var longAgo = time.Unix(1, 0)

// finalReply is how long a client may take to read a reply after giveWay.
const finalReply = 500 * time.Millisecond

// stop makes a read that waits, and every later one, end at once.
func (d *deadlines) stop() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.stopLocked()
}

// giveWay is stop for a message that has to make room for others. A client that does not read its
// reply cannot delay it, either.
func (d *deadlines) giveWay() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.gaveWay = true
	d.stopLocked()
	d.raw.SetWriteDeadline(time.Now().Add(finalReply))
}

func (d *deadlines) stopLocked() {
	d.stopped = true
	d.raw.SetReadDeadline(longAgo)
}

// hasToGiveWay reports whether giveWay was called.
func (d *deadlines) hasToGiveWay() bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.gaveWay
}

// replace continues with raw, which is TLS over the connection.
func (d *deadlines) replace(raw net.Conn) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.raw = raw
	if d.stopped {
		raw.SetReadDeadline(longAgo)
	}
}

// expect makes reads fail from by on, unless they already fail.
func (d *deadlines) expect(by time.Time) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.stopped {
		return nil
	}
	return d.raw.SetReadDeadline(by)
}

// expectTaken makes writes fail that take longer than within.
func (d *deadlines) expectTaken(within time.Duration) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.gaveWay {
		within = min(within, finalReply)
	}
	return d.raw.SetWriteDeadline(time.Now().Add(within))
}
