package conn

import (
	"context"
	"errors"
	"os"
	"time"

	"pillarbox/pop3/park"
	"pillarbox/pop3/wire"
)

// errSilent is returned by readFor if nothing has arrived.
var errSilent = errors.New("conn: nothing has arrived")

// ReadLine returns the next line of the client, without its CRLF, valid until the next call. If
// none is buffered, it sends what is gathered, releases the buffers and waits. The errors of
// wire.Reader that are about a line, and io.EOF and io.ErrUnexpectedEOF, are returned as they are.
func (c *Conn) ReadLine(ctx context.Context, limit int) ([]byte, error) {
	if !c.in.LineWaits() {
		if err := c.Flush(); err != nil {
			return nil, err
		}
		c.rest()
		c.to.raw.SetReadDeadline(c.limits.deadline())
	}
	return c.nextLine(ctx, limit)
}

// TryReadLine is ReadLine that returns ErrWouldBlock if the client is silent for Pool.ParkAfter.
// The time of the wait continues with the next call.
//
// If bare is not empty and all that is buffered of a line is bare, TryReadLine returns ErrBare.
func (c *Conn) TryReadLine(ctx context.Context, limit int, bare string) (line []byte, err error) {
	c.bare = bare
	if !c.parks || c.in.LineWaits() {
		line, err = c.ReadLine(ctx, limit)
	} else if err = c.TryFlush(); err == nil {
		c.rest()
		line, err = c.readFor(ctx, limit, c.pool.parkAfter())
		if err == errSilent && c.in.Buffered() == 0 {
			c.in.Release()
			c.event = park.Readable
			return nil, ErrWouldBlock
		}
		if err == errSilent { // in the middle of a line
			c.to.raw.SetReadDeadline(c.until)
			line, err = c.nextLine(ctx, limit)
		}
	}
	c.bare = ""
	if err != ErrWouldBlock && err != ErrBare {
		c.until = time.Time{}
	}
	return line, err
}

// ReadRest continues a line after ErrBare. If nothing arrives for silence, it returns what is
// buffered as a line, and bare is true.
func (c *Conn) ReadRest(ctx context.Context, limit int, silence time.Duration) (line []byte, bare bool, err error) {
	line, err = c.readFor(ctx, limit, silence)
	c.until = time.Time{}
	if err != errSilent {
		return line, false, err
	}
	line = c.in.Pending()
	c.in.Advance(len(line))
	return line, true, nil
}

// Buffered returns how many octets of the client were read and not yet returned.
func (c *Conn) Buffered() int { return c.in.Buffered() }

// rest releases the buffers before a wait.
func (c *Conn) rest() {
	c.out.release(c.pool)
	c.in.Release()
}

// readFor is nextLine that returns errSilent if nothing arrives for a while. If a part of the line
// does, it waits for the rest until the time of the wait has passed.
func (c *Conn) readFor(ctx context.Context, limit int, while time.Duration) ([]byte, error) {
	if c.until.IsZero() { // otherwise the wait has begun earlier
		c.until = c.limits.deadline()
	}
	before := c.in.Buffered()
	c.to.raw.SetReadDeadline(earlier(c.until, time.Now().Add(while)))
	if ctx.Err() != nil { // see nextLine
		return nil, ErrStopping
	}
	line, err := c.in.ReadLine(limit)
	if !errors.Is(err, os.ErrDeadlineExceeded) || !time.Now().Before(c.until) {
		return c.result(ctx, line, err)
	}
	if c.in.Buffered() == before && ctx.Err() == nil {
		return nil, errSilent
	}
	c.to.raw.SetReadDeadline(c.until)
	return c.nextLine(ctx, limit)
}

// nextLine waits for the next line until the deadline that is set.
func (c *Conn) nextLine(ctx context.Context, limit int) ([]byte, error) {
	if ctx.Err() != nil { // after SetReadDeadline, which may have replaced the deadline of Run
		return nil, ErrStopping
	}
	line, err := c.in.ReadLine(limit)
	return c.result(ctx, line, err)
}

// result makes the error of a read permanent, unless it is about the line only.
func (c *Conn) result(ctx context.Context, line []byte, err error) ([]byte, error) {
	switch {
	case err == nil, err == wire.ErrBareLF, err == wire.ErrNUL, err == wire.ErrLongLine, err == ErrBare:
		return line, err
	case ctx.Err() != nil:
		c.err = ErrStopping
	case errors.Is(err, os.ErrDeadlineExceeded):
		c.err = c.limits.passed(ErrIdle)
	default:
		c.to.failed(err)
		c.err = err
	}
	return nil, c.err
}

// WhileConnected calls f, which may take its time, with a context that ends when the client closes
// the connection. This is not noticed if the client has sent its next line already.
func (c *Conn) WhileConnected(ctx context.Context, f func(context.Context)) {
	if c.in.Buffered() > 0 {
		f(ctx)
		return
	}
	ctx, closed := context.WithCancel(ctx)
	defer closed()
	c.to.raw.SetReadDeadline(c.limits.deadline())
	watched := make(chan struct{})
	go func() {
		defer close(watched)
		if _, err := c.in.Block(); err != nil && !errors.Is(err, os.ErrDeadlineExceeded) {
			closed()
		}
	}()
	f(ctx)
	c.to.raw.SetReadDeadline(longAgo)
	<-watched
}
