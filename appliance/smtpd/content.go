package smtpd

import (
	"bytes"
	"context"
	"sync"

	"go.uber.org/zap"

	"pillarbox/pop3/wire"
)

const (
	// maxGathered is how much of a message's wire form is gathered at most before it is written.
	maxGathered = 32 << 10
	// bufferSize is the size of a content's own buffer, which it takes where the Delivery lends no
	// memory, or less than minRoom.
	bufferSize = 8 << 10
	minRoom    = 1 << 10
	// maxHops is how many Received lines a message may have (RFC 5321 §6.3).
	maxHops = 100
)

// A content is what follows DATA or BDAT, on its way through the scanner to the store. After a
// failure it continues to read what the client sends, so that client and server stay in step, and
// discards it.
type content struct {
	scanner wire.Scanner
	to      Delivery
	pool    *sync.Pool
	buf     *[bufferSize]byte // nil until it is needed
	out     []byte            // wire form that is not written yet, in buf or in lent memory
	head    int64             // octets that the client did not send: trace, dropped lines
	dropped int64             // those of separator lines
	max     int64             // octets that the client may send
	lead    lead
	err     error // the first failure

	edit *edit // of a message that leaves; nil: none is due
	last bool  // the wire form ends with what is written next

	// header is the beginning of the message, for a receipt: nil if none is wanted, at most
	// maxHeader octets.
	header []byte
}

// maxHeader is how much of a message's header a receipt contains.
const maxHeader = 16 << 10

// newContent returns the content of a delivery. max is how many octets the client may send.
func newContent(pool *sync.Pool, to Delivery, max int64) *content {
	return &content{to: to, pool: pool, max: max}
}

// editHeader has the header changed, which is not written before it is whole.
func (c *content) editHeader(change func(header []byte) ([]byte, error)) {
	c.edit = &edit{change: change}
}

// start begins the message with the trace.
func (c *content) start(trace []byte) {
	c.out = c.scanner.ScanRaw(c.room(), trace)
	c.head = c.scanner.Shape().Octets
	if c.edit != nil {
		c.edit.trace = len(c.out)
	}
}

// scan takes octets that are byte-stuffed and may contain the end: some of src, or all.
func (c *content) scan(src []byte) (n int, done bool) {
	src = c.piece(src)
	if n = c.lead.take(src); n > 0 {
		c.begin(c.stuffed)
		return n, false
	}
	c.out, n, done = c.scanner.Scan(c.out, src)
	c.check()
	return n, done
}

// raw takes octets that are not byte-stuffed: some of src, or all.
func (c *content) raw(src []byte) (n int) {
	src = c.piece(src)
	if n = c.lead.take(src); n > 0 {
		c.begin(c.scanner.ScanRaw)
		return n
	}
	c.out = c.scanner.ScanRaw(c.out, src)
	c.check()
	return len(src)
}

// stuffed appends the wire form of octets that are byte-stuffed and do not contain the end.
func (c *content) stuffed(dst, src []byte) []byte {
	dst, _, _ = c.scanner.Scan(dst, src)
	return dst
}

// piece makes room for the wire form of a piece of src, which is at most twice as long plus 3
// octets, and returns the piece.
func (c *content) piece(src []byte) []byte {
	if c.left() < minRoom {
		c.write()
		c.out = c.room()
	}
	return src[:min(len(src), (c.left()-8)/2)]
}

// left returns how many octets may be gathered yet.
func (c *content) left() int { return min(cap(c.out), maxGathered) - len(c.out) }

// room returns an empty buffer for wire form: memory of the Delivery where that is lent and what is
// appended to it will be written as it is.
func (c *content) room() []byte {
	lender, ok := c.to.(Lender)
	if ok && c.err == nil && (c.edit == nil || c.edit.done) {
		if room := lender.AvailableBuffer(); cap(room) >= minRoom {
			return room
		}
	}
	if c.buf == nil {
		if c.buf, ok = c.pool.Get().(*[bufferSize]byte); !ok {
			c.buf = new([bufferSize]byte)
		}
	}
	return c.buf[:0]
}

// begin begins the message once its lead is decided. Separator lines pass through the scanner, too,
// so that the scanner has the end of the last one: after a bare LF, a line with a dot alone ends
// nothing.
func (c *content) begin(scan func(dst, src []byte) []byte) {
	if !c.lead.decided || c.lead.held == nil {
		c.check()
		return
	}
	held := c.lead.held
	c.lead.held = nil
	if c.lead.header {
		from, before := len(c.out), c.scanner.Shape().Octets
		c.out = scan(c.out, held[:c.lead.line])[:from]
		c.dropped = c.scanner.Shape().Octets - before
		c.head += c.dropped
		held = held[c.lead.line:]
	} else {
		// The trace is a header already. Without this the client would read the body as its rest.
		c.out = c.scanner.ScanRaw(c.out, []byte("\r\n"))
		c.head += 2
	}
	c.out = scan(c.out, held)
	c.check()
}

// check fails the message if it has become too large.
func (c *content) check() {
	if c.octets() > c.max {
		c.fail(tooLarge(c.max))
	}
}

// shape returns what was measured of the message, without what was dropped.
func (c *content) shape() wire.Shape {
	s := c.scanner.Shape()
	s.Octets -= c.dropped
	s.Stored -= c.dropped
	s.Header -= c.dropped
	if c.edit != nil {
		s.Octets += c.edit.octets
		s.Stored += c.edit.stored
		s.Header += c.edit.stored
	}
	return s
}

// octets returns how many octets of the message the client has sent, as LIST counts them.
func (c *content) octets() int64 {
	return c.scanner.Shape().Octets - c.head + int64(len(c.lead.held))
}

// write passes on what was gathered, and leaves c.out empty. An edit that is not done yet hears of
// the end, too, because it holds what it was given.
func (c *content) write() {
	if c.err == nil && (len(c.out) > 0 || c.last && c.edit != nil && !c.edit.done) {
		if c.header != nil {
			c.header = append(c.header, c.out[:min(len(c.out), maxHeader-len(c.header))]...)
		}
		if err := c.pass(); err != nil {
			c.fail(err)
		}
	}
	c.out = nil // lent memory is not valid after Write
}

// pass writes what was gathered, or what the edit returns for it.
func (c *content) pass() error {
	out := c.out
	if c.edit != nil {
		var err error
		if out, err = c.edit.take(out, c.last); err != nil || len(out) == 0 {
			return err
		}
	}
	_, err := c.to.Write(out)
	return err
}

// fail makes err the error of the message, unless it has one. What was gathered is discarded,
// because its memory is the Delivery's.
func (c *content) fail(err error) {
	if c.err == nil {
		c.err = err
		c.to.Abort()
		c.out = nil
	}
}

// commit ends the content and makes it durable, or returns why it is not stored.
func (c *content) commit(ctx context.Context) error {
	c.piece(nil)
	c.lead.end()
	c.begin(c.scanner.ScanRaw)
	c.out = c.scanner.Close(c.out)
	c.last = true
	c.write()
	shape := c.shape()
	if shape.Received-1 > maxHops { // one is this server's
		c.fail(errHops)
	}
	if c.err == nil {
		c.err = c.to.Commit(ctx, shape)
		c.header = wholeLines(c.header[:min(int64(len(c.header)), shape.Header)])
	}
	return c.err
}

// wholeLines removes an incomplete line from the end of text.
func wholeLines(text []byte) []byte { return text[:bytes.LastIndexByte(text, '\n')+1] }

// maxLine is how long a line of a message may be, in octets without CRLF (RFC 5321 §4.5.3.1.6).
// Longer ones are accepted as they are, because printers send them; some mail clients fail on them.
const maxLine = 998

// oddities returns log fields for what a mail client may fail on.
func (c *content) oddities() (odd []zap.Field) {
	shape := c.scanner.Shape()
	if shape.LongestLine > maxLine {
		odd = append(odd, zap.Int64("longest_line", shape.LongestLine))
	}
	if shape.NUL {
		odd = append(odd, zap.Bool("zero_octets", true))
	}
	if c.dropped > 0 {
		odd = append(odd, zap.Int64("separator", c.dropped))
	}
	return odd
}

// close discards what was not committed, and returns the buffer to the pool.
func (c *content) close() {
	c.to.Abort()
	if c.buf != nil {
		c.pool.Put(c.buf)
	}
	c.buf, c.out = nil, nil
}
