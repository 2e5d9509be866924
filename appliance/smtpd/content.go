package smtpd

import (
	"bytes"
	"context"
	"sync"

	"pillarbox/appliance/logbook"
	"pillarbox/pop3/wire"
)

const (
	// contentSize is how much of a mail's wire form is gathered before it is written, and all
	// of it that a session holds: 32 KiB while a mail comes in, nothing else.
	contentSize = 32 << 10
	// maxPiece is how much is scanned at a time. Its wire form is at most twice as long and 3 octets.
	maxPiece = 8 << 10
	// maxHops is how many Received lines a mail may bring (RFC 5321 §6.3).
	maxHops = 100
)

// A content is what follows DATA or BDAT, on its way through the scanner to the store. After a
// failure it goes on taking what the client sends, so that the dialogue stays in step, and
// throws it away.
type content struct {
	scanner wire.Scanner
	to      Delivery
	pool    *sync.Pool
	buf     *[contentSize]byte
	out     []byte // in buf: wire form that was not yet written
	head    int64  // octets of the trace that the server wrote
	max     int64  // octets that the client may send
	begun   bool   // whether the client's first octet was seen
	err     error  // the first failure

	// header is the beginning of the mail, for a receipt: nil when none is wanted, at most maxHeader octets.
	header []byte
}

// maxHeader is how much of a mail's header a receipt brings back.
const maxHeader = 16 << 10

// open begins the delivery of the mail that is under way, with its trace.
func (c *session) open(ctx context.Context) error {
	t := c.tx
	to, err := c.server.Spooler.Begin(ctx, &t.envelope, t.mailboxes)
	if err != nil {
		return c.notKept(err)
	}
	buf, _ := c.server.contents.Get().(*[contentSize]byte)
	if buf == nil {
		buf = new([contentSize]byte)
	}
	t.content = &content{to: to, pool: &c.server.contents, buf: buf, max: c.max}
	if len(t.receipts) > 0 {
		t.content.header = []byte{}
	}
	t.content.out = t.content.scanner.ScanRaw(buf[:0], c.received(t))
	t.content.head = t.content.scanner.Shape().Octets
	return nil
}

// scan takes octets that are byte-stuffed and may hold the end: some of src, or all.
func (c *content) scan(src []byte) (n int, done bool) {
	src = c.begin(src)
	c.out, n, done = c.scanner.Scan(c.out, src)
	c.check()
	return n, done
}

// raw takes octets that are not byte-stuffed: some of src, or all.
func (c *content) raw(src []byte) (n int) {
	src = c.begin(src)
	c.out = c.scanner.ScanRaw(c.out, src)
	c.check()
	return len(src)
}

// begin makes room for the wire form of a piece of src, and returns the piece.
func (c *content) begin(src []byte) []byte {
	src = src[:min(len(src), maxPiece)]
	if cap(c.out)-len(c.out) < 2*maxPiece+8 {
		c.write()
	}
	if !c.begun && len(src) > 0 {
		c.begun = true
		if !beginsHeader(src) {
			// The trace is a header already. Without this the client would read the body as its rest.
			c.out = c.scanner.ScanRaw(c.out, []byte("\r\n"))
			c.head += 2
		}
	}
	return src
}

// check fails the mail when it has become too large.
func (c *content) check() {
	if c.octets() > c.max {
		c.fail(ErrTooLarge)
	}
}

// octets returns how many octets the client has sent of the mail, as LIST counts them.
func (c *content) octets() int64 { return c.scanner.Shape().Octets - c.head }

// write hands over what was gathered.
func (c *content) write() {
	if c.err == nil && len(c.out) > 0 {
		if c.header != nil {
			c.header = append(c.header, c.out[:min(len(c.out), maxHeader-len(c.header))]...)
		}
		if _, err := c.to.Write(c.out); err != nil {
			c.fail(err)
		}
	}
	c.out = c.out[:0]
}

// fail gives the mail up for the reason err.
func (c *content) fail(err error) {
	if c.err == nil {
		c.err = err
		c.to.Abort()
	}
}

// commit ends the content and makes it durable, or returns why it is not kept.
func (c *content) commit(ctx context.Context) error {
	c.begin(nil)
	c.out = c.scanner.Close(c.out)
	c.write()
	shape := c.scanner.Shape()
	if shape.Received-1 > maxHops { // one is ours
		c.fail(errHops)
	}
	if c.err == nil {
		c.err = c.to.Commit(ctx, shape)
		c.header = wholeLines(c.header[:min(int64(len(c.header)), shape.Header)])
	}
	return c.err
}

// wholeLines takes a piece of a line away from the end of text.
func wholeLines(text []byte) []byte { return text[:bytes.LastIndexByte(text, '\n')+1] }

// maxLine is how long a line of a mail may be, in octets without CRLF (RFC 5321 §4.5.3.1.6). Longer ones are
// taken as they are, for printers send them; some programs that fetch them stumble.
const maxLine = 998

// oddities says in the log what a mail program may stumble over.
func (c *content) oddities() (odd []logbook.Field) {
	shape := c.scanner.Shape()
	if shape.LongestLine > maxLine {
		odd = append(odd, logbook.Int64("longest_line", shape.LongestLine))
	}
	if shape.NUL {
		odd = append(odd, logbook.Bool("zero_octets", true))
	}
	return odd
}

// close forgets what was not committed, and gives the buffer back.
func (c *content) close() {
	c.to.Abort()
	if c.buf != nil {
		c.pool.Put(c.buf)
		c.buf, c.out = nil, nil
	}
}

// beginsHeader reports whether a mail begins with a header field or with the blank line after
// an empty header, as far as src shows. Scripts that speak SMTP by hand forget it.
func beginsHeader(src []byte) bool {
	for i, b := range src {
		switch {
		case b == ':':
			return i > 0
		case b == '\r' || b == '\n':
			return i == 0
		case b == ' ' || b == '\t':
			return i > 0 && leadsToColon(src[i:])
		case b < ' ' || b >= 0x7F:
			return false
		}
	}
	return true
}

// leadsToColon: old programs write "Subject :" (RFC 5322 §4.5).
func leadsToColon(src []byte) bool {
	for _, b := range src {
		if b != ' ' && b != '\t' {
			return b == ':'
		}
	}
	return true
}
