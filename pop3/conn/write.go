package conn

import (
	"errors"
	"os"
	"time"

	"pillarbox/pop3/park"
)

// acquire takes a buffer, if there is none.
func acquire(c *Conn) { c.out.acquire(c.pool, c.in.Buffered() > 0) }

// Room returns the gathered octets, with space for this many behind them, at most BufferSize. It
// sends them before if there is no space. The caller appends to the slice and calls Keep.
func (c *Conn) Room(octets int) []byte {
	acquire(c)
	if c.out.room()-int(c.out.n) < octets {
		c.Flush()
	}
	return c.out.buf.octets[:c.out.n]
}

// Left returns how many octets can be gathered before something is sent, and whether the next line
// has arrived.
func (c *Conn) Left() (octets int64, more bool) {
	acquire(c)
	return int64(c.out.room() - int(c.out.n)), c.in.LineWaits()
}

// Keep gathers what was appended to the slice of Room.
func (c *Conn) Keep(b []byte) { c.out.n = int32(len(b)) }

// Say gathers one line, without its CRLF.
func (c *Conn) Say(line string) {
	c.Keep(append(append(c.Room(LineSize), line...), '\r', '\n'))
}

// Write gathers octets of any number. It sends those that do not fit.
func (c *Conn) Write(b []byte) error {
	for len(b) > 0 && c.err == nil {
		acquire(c)
		if int(c.out.n) == c.out.room() {
			c.Flush()
		}
		n := copy(c.out.buf.octets[c.out.n:], b)
		c.out.n += int32(n)
		b = b[n:]
	}
	return c.err
}

// Position returns the point behind what is gathered, with room for a line.
func (c *Conn) Position() Position {
	c.Room(LineSize)
	return Position{c.out.sent, c.out.n}
}

// TakeBack removes what was gathered since p. It reports false if a part of that was sent.
func (c *Conn) TakeBack(p Position) bool {
	if c.out.sent != p.sent {
		return false
	}
	c.out.n = p.n
	return true
}

// Flush sends what is gathered, in one write, and waits until the client has taken it.
func (c *Conn) Flush() error {
	for b := c.out.due(); len(b) > 0 && c.err == nil; b = c.out.due() {
		c.to.raw.SetWriteDeadline(c.limits.deadline())
		write := c.to.write
		if c.out.wide {
			write = func(b []byte) (int, error) { return c.to.writeWide(b, c.pool) }
		}
		n, err := write(b)
		c.out.wrote(n)
		c.note(err)
	}
	c.out.clear()
	return c.err
}

// TryFlush is Flush that returns ErrWouldBlock if the client takes nothing for Pool.ParkAfter. What
// is gathered then is kept in a slice of its size, and sent by the next call. While crypto/tls
// makes the records it waits, because a write cannot be continued within a record.
func (c *Conn) TryFlush() error {
	if c.to.tcp == nil || !c.parks {
		return c.Flush()
	}
	return c.tryFlushBy(c.to.write)
}

// tryFlushBy is TryFlush with another write, which writes all that it is given, or returns an
// error.
func (c *Conn) tryFlushBy(write func([]byte) (int, error)) error {
	b := c.out.due()
	if len(b) == 0 {
		return c.err
	}
	for ; len(b) > 0 && c.err == nil; b = c.out.due() {
		c.to.raw.SetWriteDeadline(c.writeDeadline())
		n, err := write(b)
		if c.wouldBlock(err) {
			c.out.setAside(n, c.pool)
			return ErrWouldBlock
		}
		c.out.wrote(n)
		c.note(err)
	}
	c.out.clear()
	c.pace = pace{}
	return c.err
}

// writeDeadline returns when a write of a long reply ends: after Pool.ParkAfter if the connection
// can be parked, but not after the deadline of its pace.
func (c *Conn) writeDeadline() time.Time {
	by := c.pace.deadline(c.out.taken(), &c.limits)
	if !c.parks {
		return by
	}
	return earlier(by, time.Now().Add(c.pool.parkAfter()))
}

// wouldBlock reports whether err ends a write before the deadline of the pace. The connection is to
// be parked then.
func (c *Conn) wouldBlock(err error) bool {
	if !c.parks || !errors.Is(err, os.ErrDeadlineExceeded) || !time.Now().Before(c.pace.by) {
		return false
	}
	c.event = park.Writable
	c.in.Release()
	return true
}
