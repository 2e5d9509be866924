package pop3

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"os"
	"strconv"
	"sync"
	"time"

	"pillarbox/pop3/wire"
)

const (
	// gatherSize is how many octets of replies are gathered into one write: two full TLS records.
	gatherSize = 32 << 10
	// lineRoom is the length of the longest reply line (RFC 2449 §4).
	lineRoom = 512
)

// A dialogue is the two directions of one connection: bounded lines in, gathered replies
// out. While it waits for the client it owns no buffer.
//
// The first error of the connection stays: nothing is said after a failed write.
type dialogue struct {
	// set at birth
	pool     *sync.Pool // of *[gatherSize]byte
	idle     time.Duration
	dozes    time.Duration // how long a wait is when the session dozes; 0: it never does
	sendfile sendfileFunc

	// owned by the session's goroutine
	conn    net.Conn     // TCP, or TLS over it
	tcp     *net.TCPConn // nil under TLS: the kernel cannot send files there
	in      *wire.Reader
	loginBy time.Time // no deadline is later; zero after the login

	out      *[gatherSize]byte // nil while nothing is gathered
	gathered int               // octets in out
	left     []byte            // what goes out before anything else: it was gathered when the session dozed
	sent     int64             // octets that cannot be taken back: they are gone, or left
	pace     pace              // of what waits for room; zero: nothing does
	err      error             // of the connection; sticky
	cut      bool              // the session ends, and not as the client wants it
}

// What ends a dialogue, beside the errors of its connection.
var (
	errLeft     = errors.New("pop3: the client left without QUIT")
	errPartial  = errors.New("pop3: the client left inside a line")
	errIdle     = errors.New("pop3: the client was idle for too long")
	errSlow     = errors.New("pop3: the client does not take what it asked for")
	errNoLogin  = errors.New("pop3: the time to log in is over")
	errStopping = errors.New("pop3: the server stops")
)

// readLine returns the client's next line, without its CRLF, valid until the next call. When
// none waits, what was gathered is sent and the buffers are given back before it waits.
func (d *dialogue) readLine(ctx context.Context, limit int) ([]byte, error) {
	if !d.in.LineWaits() {
		if err := d.rest(d.flush); err != nil {
			return nil, err
		}
		d.conn.SetReadDeadline(d.deadline())
	}
	return d.nextLine(ctx, limit)
}

// rest sends what was gathered, by flush or drain, and gives the buffers back.
func (d *dialogue) rest(send func() error) error {
	if err := send(); err != nil {
		return err
	}
	d.giveBack()
	d.in.Release()
	return nil
}

// nextLine waits for the next line until the deadline that is set.
func (d *dialogue) nextLine(ctx context.Context, limit int) ([]byte, error) {
	if ctx.Err() != nil { // after SetReadDeadline, which may have undone the one that woke it
		return nil, errStopping
	}
	line, err := d.in.ReadLine(limit)
	return d.heard(ctx, line, err)
}

// heard keeps what a read has said of the connection, and returns what it has said of the line.
func (d *dialogue) heard(ctx context.Context, line []byte, err error) ([]byte, error) {
	switch {
	case err == nil, err == wire.ErrBareLF, err == wire.ErrNUL, err == wire.ErrLongLine:
		return line, err // of the line, not of the connection
	case ctx.Err() != nil:
		d.err = errStopping
	case errors.Is(err, io.EOF):
		d.err = errLeft
	case errors.Is(err, io.ErrUnexpectedEOF):
		d.err = errPartial
	case errors.Is(err, os.ErrDeadlineExceeded):
		d.err = d.overdue(errIdle)
	default:
		d.err = err
	}
	return nil, d.err
}

// whileConnected calls f, which may take its time, with a context that ends when the client
// hangs up. A client that has sent its next command already is not watched.
func (d *dialogue) whileConnected(ctx context.Context, f func(context.Context)) {
	if d.in.Buffered() > 0 {
		f(ctx)
		return
	}
	ctx, hungUp := context.WithCancel(ctx)
	defer hungUp()
	d.conn.SetReadDeadline(d.deadline())
	watched := make(chan struct{})
	go func() {
		defer close(watched)
		if _, err := d.in.Block(); err != nil && !errors.Is(err, os.ErrDeadlineExceeded) {
			hungUp()
		}
	}()
	f(ctx)
	d.conn.SetReadDeadline(longAgo)
	<-watched
}

// deadline returns until when the client's next move is waited for.
func (d *dialogue) deadline() time.Time {
	by := time.Now().Add(d.idle)
	if !d.loginBy.IsZero() && d.loginBy.Before(by) {
		return d.loginBy
	}
	return by
}

// overdue says which deadline is over: the one of the login or otherwise.
func (d *dialogue) overdue(otherwise error) error {
	if !d.loginBy.IsZero() && !time.Now().Before(d.loginBy) {
		return errNoLogin
	}
	return otherwise
}

// room returns the gathered octets with space for at least one line behind them. What is
// appended there is gathered by keep.
func (d *dialogue) room() []byte { return d.roomFor(lineRoom) }

// roomFor is room for so many octets, at most gatherSize.
func (d *dialogue) roomFor(octets int) []byte {
	d.take()
	if gatherSize-d.gathered < octets {
		d.flush()
	}
	return d.out[:d.gathered]
}

// take brings the buffer.
func (d *dialogue) take() {
	if d.out == nil {
		d.out, _ = d.pool.Get().(*[gatherSize]byte)
	}
	if d.out == nil {
		d.out = new([gatherSize]byte)
	}
}

// keep gathers what was appended to room.
func (d *dialogue) keep(b []byte) { d.gathered = len(b) }

// say gathers one line, without its CRLF.
func (d *dialogue) say(line string) {
	d.keep(append(append(d.room(), line...), '\r', '\n'))
}

// sayNumbers gathers a line of a listing: "1 120".
func (d *dialogue) sayNumbers(before string, n int, octets int64) {
	b := append(d.room(), before...)
	b = strconv.AppendInt(b, int64(n), 10)
	b = append(b, ' ')
	b = strconv.AppendInt(b, octets, 10)
	d.keep(append(b, '\r', '\n'))
}

// flush sends what was gathered, in one write. It waits until the client has taken it.
func (d *dialogue) flush() error {
	for b := d.due(); len(b) > 0 && d.err == nil; b = d.due() {
		d.conn.SetWriteDeadline(d.deadline())
		n, err := d.conn.Write(b)
		d.gone(n)
		d.note(err)
	}
	d.gathered, d.left = 0, nil
	return d.err
}

// due returns what is to be sent next.
func (d *dialogue) due() []byte {
	if d.left != nil {
		return d.left
	}
	if d.out == nil {
		return nil
	}
	return d.out[:d.gathered]
}

// gone is told that n octets of what is due have left: all of it, or as much as there will be.
func (d *dialogue) gone(n int) {
	if d.left != nil {
		d.left = nil
		return
	}
	d.sent += int64(n)
	d.gathered = 0
}

// note keeps the error of a write, and returns what sticks.
func (d *dialogue) note(err error) error {
	if errors.Is(err, os.ErrDeadlineExceeded) {
		err = d.overdue(errSlow)
	}
	if d.err == nil {
		d.err = err
	}
	return d.err
}

// giveBack returns the empty buffer to the pool.
func (d *dialogue) giveBack() {
	if d.out != nil && d.gathered == 0 {
		d.pool.Put(d.out)
		d.out = nil
	}
}

// secure goes on over TLS. Everything that was read before is dropped: it came from
// whoever can write into a plain connection (RFC 2595 §4).
func (d *dialogue) secure(conn *tls.Conn) {
	d.conn, d.tcp = conn, nil
	d.in.Reset(conn)
}

// hangUp closes the connection and gives the buffers back. What is gathered and not flushed
// is not said.
func (d *dialogue) hangUp() {
	d.gathered, d.left = 0, nil
	d.giveBack()
	if d.cut && d.err == nil {
		wire.HangUp(d.conn) // the client is to hear why
	} else {
		d.conn.Close()
	}
	d.in.Reset(nil)
	d.in.Release()
}
