package conn

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"os"
	"time"

	"pillarbox/pop3/park"
	"pillarbox/pop3/wire"
)

// What a call returns that is to be repeated.
var (
	// ErrWouldBlock is returned by TryReadLine, TryFlush and SendBody when the client has sent or
	// taken nothing for Pool.ParkAfter. The function that Run calls returns it, and Run calls the
	// function again when the client is ready, or its time has passed.
	ErrWouldBlock = errors.New("pop3: the client is not ready")
	// ErrBare is returned by TryReadLine when all that is buffered is its argument bare. ReadRest
	// continues.
	ErrBare = errors.New("pop3: a line without a line end")
)

// A Conn is a connection of a session. It is used by one goroutine at a time, and by none while it
// is parked. Its first error is permanent: nothing is sent after a write that failed.
type Conn struct {
	pool   *Pool
	to     transport
	in     *wire.Reader
	out    replies
	limits limits
	err    error // permanent

	// for parking
	waiter park.Waiter
	event  park.Event // what is waited for after ErrWouldBlock
	parks  bool       // false if the socket is not TCP, or the system has no epoll
	until  time.Time  // when the next line is due; zero if it is not waited for
	pace   pace       // of what waits for room; zero if nothing does

	bare string // see TryReadLine
}

// Init makes c the connection raw, which waits at most for idle at a time. A session has a Conn as
// a field, so that it costs no allocation of its own.
func (c *Conn) Init(pool *Pool, raw net.Conn, idle time.Duration) {
	*c = Conn{pool: pool, to: transport{raw: raw}, limits: limits{idle: idle}}
	c.to.tcp, c.parks = raw.(*net.TCPConn)
	c.waiter.Socket = c.to.tcp
	c.in = wire.NewReader(raw, wire.BufferSize)
	c.in.Partial = c.partial
}

// longAgo is a deadline that has passed: it ends a read that waits.
var longAgo = time.Unix(1, 0)

// Run calls first, and then next for as long as they return ErrWouldBlock, each time when the
// client is ready. It calls over with any other result. It returns before that if the connection is
// parked: then next runs in another goroutine, and meanwhile there is none. When ctx ends, a wait
// for a line ends.
//
// The goroutine ends because its stack has grown to 8 KiB and more by its work, and the runtime
// does not shrink the stack of one that waits.
func (c *Conn) Run(ctx context.Context, first, next func(context.Context) error, over func(error)) {
	raw := c.to.raw // which TLS does not replace
	stop := context.AfterFunc(ctx, func() {
		raw.SetReadDeadline(longAgo)
		c.pool.lot.Wake(&c.waiter)
	})
	c.waiter.Resume = func() { run(ctx, c, next, next, stop, over) }
	run(ctx, c, first, next, stop, over)
}

// run is Run without what it prepares. stop releases that at the end.
func run(ctx context.Context, c *Conn, first, next func(context.Context) error, stop func() bool, over func(error)) {
	err := first(ctx)
	for err == ErrWouldBlock {
		if parked(ctx, c) {
			return
		}
		err = next(ctx)
	}
	stop()
	c.pool.lot.AwaitPoller()
	over(err)
}

// parked parks the connection after ErrWouldBlock. It reports whether it is parked: if so, another
// goroutine may own c already.
func parked(ctx context.Context, c *Conn) bool {
	until := c.until
	if c.event == park.Writable {
		until = c.pace.by
	}
	c.to.rest()
	err := c.pool.lot.Wait(ctx, &c.waiter, c.event, until)
	if err == park.ErrUnsupported {
		c.parks = false
	}
	return err == nil
}

// NetConn returns the connection: that of Init, or the *tls.Conn of Secure.
func (c *Conn) NetConn() net.Conn { return c.to.raw }

// Secure continues over TLS. It drops all that was read before, because an attacker may have
// inserted it into the plain connection (RFC 2595 §4).
func (c *Conn) Secure(conn *tls.Conn) {
	c.to.secure(conn)
	c.in.Reset(conn)
}

// Err returns the error that is permanent, or nil.
func (c *Conn) Err() error { return c.err }

// Fail makes err the permanent error.
func (c *Conn) Fail(err error) { c.err = err }

// note makes the error of a write permanent, and returns the permanent one.
func (c *Conn) note(err error) error {
	if errors.Is(err, os.ErrDeadlineExceeded) {
		err = c.limits.passed(ErrSlow)
	}
	if c.err == nil {
		c.err = err
	}
	return c.err
}

// Close closes the connection and releases its buffers. What is gathered is not sent. If linger,
// the client gets time to read the last reply, unless the connection has failed; see wire.HangUp.
func (c *Conn) Close(linger bool) {
	c.out.clear()
	c.out.release(c.pool)
	c.to.closing()
	switch {
	case c.err == nil && c.to.handedOver():
		wire.HangUpWithin(c.to.raw, kernelPatience)
	case c.err == nil && linger:
		wire.HangUp(c.to.raw)
	default:
		c.to.raw.Close()
	}
	c.in.Reset(nil)
	c.in.Release()
}

// SetLimit sets a time that no wait passes. The zero Time removes it.
func (c *Conn) SetLimit(by time.Time) { c.limits.by = by }

// Limit returns the time that SetLimit has set.
func (c *Conn) Limit() time.Time { return c.limits.by }

// partial is called before each read that waits for the rest of a line.
func (c *Conn) partial() error {
	wire.QuickAck(c.to.raw, c.pool.QuickAck)
	if c.bare != "" && string(c.in.Pending()) == c.bare {
		return ErrBare
	}
	return nil
}
