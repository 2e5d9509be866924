package pop3

import (
	"bytes"
	"strconv"

	"pillarbox/pop3/conn"
	"pillarbox/pop3/downgrade"
	"pillarbox/pop3/wire"
)

// retr sends a whole message: the stored bytes are the reply.
func (m *openMaildrop) retr(a argument) error {
	body, err := m.body(a.n)
	if err != nil {
		return m.notRead(a.n, err)
	}
	return m.whole(a.n, body)
}

// top sends the header and the first lines of the rest (RFC 1939 §7). If it has to send more lines
// than there can be, as fetchmail requests to retrieve a message, it sends what RETR sends.
func (m *openMaildrop) top(a argument) error {
	body, err := m.body(a.n)
	if err != nil {
		return m.notRead(a.n, err)
	}
	text := body.Size() - int64(len(terminator)) - body.HeaderSize()
	if a.lines >= text/2 { // a line has at least two octets
		return m.whole(a.n, body)
	}
	defer body.Close()
	fields, err := m.toRewrite(body)
	if err != nil {
		return m.notRead(a.n, err)
	}
	before := m.conn.Position()
	m.conn.Say("+OK")
	at := int64(0)
	if fields != nil {
		at, err = rewrite(m.conn, body, fields)
	}
	if err == nil {
		err = copyLines(m.conn, body, at, a.lines)
	}
	if err != nil {
		return m.broken(a.n, before, err)
	}
	m.conn.Say(".")
	return nil
}

// terminator ends the stored bytes; the lines before it end in CRLF themselves.
const terminator = ".\r\n"

// copyLines sends the header from an offset on, and the first lines after it. Stuffed dots stay:
// the client removes them.
func copyLines(c *conn.Conn, body Body, from, lines int64) error {
	at, stop := body.HeaderSize(), body.Size()-int64(len(terminator))
	if err := c.Copy(body, from, at); err != nil {
		return err
	}
	for lines > 0 && at < stop {
		piece, err := c.Fill(body, at, min(stop-at, topPiece))
		if err != nil {
			return err
		}
		var found int64
		piece, found = cutLines(piece, lines)
		lines -= found
		c.Gather(len(piece))
		at += int64(len(piece))
	}
	return c.Err()
}

// cutLines returns the part of b up to the end of that many lines, or all of b if it has fewer, and
// how many lines end in it.
func cutLines(b []byte, lines int64) ([]byte, int64) {
	if n := int64(bytes.Count(b, newline)); n < lines {
		return b, n
	}
	at := 0
	for range lines {
		at += bytes.IndexByte(b[at:], '\n') + 1
	}
	return b[:at], lines
}

var newline = []byte{'\n'}

// whole sends all of message n, and closes body. The +OK has no size if the header is rewritten,
// because LIST has stated that of the stored message (RFC 6858 §3).
func (m *openMaildrop) whole(n int, body Body) error {
	fields, err := m.toRewrite(body)
	if err != nil {
		body.Close()
		return m.notRead(n, err)
	}
	t := transfer{n: n, body: body, before: m.conn.Position()}
	if fields == nil {
		b := append(m.conn.Room(conn.LineSize), "+OK "...)
		b = strconv.AppendInt(b, m.mail.Octets(n), 10)
		m.conn.Keep(append(b, " octets\r\n"...))
		return m.transmit(t)
	}
	m.conn.Say("+OK")
	if t.at, err = rewrite(m.conn, body, fields); err != nil {
		body.Close()
		return m.broken(n, t.before, err)
	}
	return m.transmit(t)
}

// transmit sends the rest of a message, and closes its body. After conn.ErrWouldBlock it keeps the
// transfer, to be continued when the client has taken a part of it.
func (m *openMaildrop) transmit(t transfer) (err error) {
	t.at, err = m.conn.SendBody(t.body, t.at)
	if err == conn.ErrWouldBlock {
		blocked := t // only this copy is on the heap
		m.sending = &blocked
		return err
	}
	m.sending = nil
	defer t.body.Close()
	if err != nil {
		return m.broken(t.n, t.before, err)
	}
	m.retrieved++
	m.octets += m.mail.Octets(t.n)
	if r, ok := m.mail.(Recorder); ok {
		r.Retrieved(t.n)
	}
	return nil
}

// topPiece is how much TOP reads at a time; a part of it may turn out to be too much.
const topPiece = 4 << 10

// toRewrite returns a reader of the header of a message, at the first field that is rewritten
// because the client did not say UTF8. It returns nil if the header is sent as it is stored: the
// client said UTF8, or no field has UTF-8 in it.
func (m *openMaildrop) toRewrite(body Body) (*downgrade.Reader, error) {
	if m.utf8 {
		return nil, nil
	}
	size := body.HeaderSize()
	if eightBit, err := eightBit(m.conn, body, size); err != nil || !eightBit {
		return nil, err
	}
	m.rest() // the header may become larger than the room that is left
	r := downgrade.NewReader(body, size)
	if change, err := r.Next(); err != nil || !change {
		return nil, err
	}
	return r, nil
}

// rewrite sends the header of a message up to the last field that is rewritten. It returns the
// offset from which the message is sent as it is stored. One field is in memory, and its ASCII
// form.
func rewrite(c *conn.Conn, body Body, r *downgrade.Reader) (at int64, err error) {
	for change := true; change; {
		from, to := r.Range()
		if err := c.Copy(body, at, from); err != nil {
			return at, err
		}
		if err := c.Write(r.Append(nil)); err != nil {
			return at, err
		}
		at = to
		if change, err = r.Next(); err != nil {
			return at, err
		}
	}
	return at, nil
}

// eightBit reports whether an octet above 0x7F is among the first size octets of body. The header
// is read into the free part of the reply buffer and is not kept there: a header in ASCII, which
// most are, takes one read and no memory.
func eightBit(c *conn.Conn, body Body, size int64) (bool, error) {
	c.Room(int(min(size, topPiece))) // one read is enough for most headers
	for at := int64(0); at < size; {
		piece, err := c.Fill(body, at, size-at)
		if err != nil {
			return false, err
		}
		if wire.EightBit(piece) {
			return true, nil
		}
		at += int64(len(piece))
	}
	return false, nil
}

// body returns the stored bytes of a message. If another command has arrived, and the buffer has
// room for more than this message, the store may read ahead.
//
// What was read ahead is released before anything is sent, because a client may be slow to take it:
// body does so if the message does not fit or the kernel sends it, and restBefore otherwise.
func (m *openMaildrop) body(n int) (Body, error) {
	p, ok := m.mail.(Prefetcher)
	if !ok {
		return m.mail.Body(n)
	}
	room, more := m.conn.Left()
	if !more {
		p.Rest()
		return m.mail.Body(n)
	}
	room -= 2 * conn.LineSize // for the first line, and the next reply
	body, err := p.BodyAhead(n, max(room, 0))
	if err != nil || body.Size() > room || body.Size() >= conn.SendfileMin {
		p.Rest()
	}
	return body, err
}

// restBefore releases what was read ahead if the reply to a command may not fit into the buffer, or
// if the command does not belong to a series of RETR. verb is "" if there is no such command.
func (m *openMaildrop) restBefore(verb string) {
	gathers := verb == "RETR" || verb == "TOP" || verb == "DELE"
	if left, _ := m.conn.Left(); !gathers || left < 2*conn.LineSize {
		m.rest()
	}
}

// restUnlessMore releases what was read ahead if the session is to wait for the next command.
func (m *openMaildrop) restUnlessMore() {
	if _, more := m.conn.Left(); !more {
		m.rest()
	}
}

// rest releases what was read ahead.
func (m *openMaildrop) rest() {
	if p, ok := m.mail.(Prefetcher); ok {
		p.Rest()
	}
}
