package pop3

import (
	"bytes"
	"context"
	"errors"
	"io"
	"strconv"

	"go.uber.org/zap"
)

// retr sends a whole message: its stored bytes are the reply.
func (s *session) retr(_ context.Context, a argument) error {
	body, err := s.mail.Body(a.n)
	if err != nil {
		return s.bodyless(a.n, err)
	}
	defer body.Close()
	return s.whole(a.n, body)
}

// top sends the header and the first lines of the rest (RFC 1939 §7). Asked for more lines than there
// can be, which is how fetchmail retrieves, it sends what RETR sends.
func (s *session) top(_ context.Context, a argument) error {
	body, err := s.mail.Body(a.n)
	if err != nil {
		return s.bodyless(a.n, err)
	}
	defer body.Close()
	text := body.Size() - int64(len(end)) - body.HeaderSize()
	if a.lines >= text/2 { // a line has at least two octets
		return s.whole(a.n, body)
	}
	before := s.mark()
	s.say("+OK")
	err = s.copyLines(body, a.lines)
	if err != nil {
		return s.broken(a.n, before, err)
	}
	s.say(".")
	return nil
}

// end closes stored bytes; the lines before it end in CRLF themselves.
const end = ".\r\n"

// whole sends all stored bytes of message n.
func (s *session) whole(n int, body Body) error {
	octets := s.mail.Octets(n)
	before := s.mark()
	b := append(s.room(), "+OK "...)
	b = strconv.AppendInt(b, octets, 10)
	s.keep(append(b, " octets\r\n"...))
	if err := s.sendBody(body); err != nil {
		return s.broken(n, before, err)
	}
	s.retrieved++
	s.octets += octets
	return nil
}

// bodyless refuses a message whose bytes cannot be had.
func (s *session) bodyless(n int, err error) error {
	switch {
	case errors.Is(err, ErrGone):
		return refuseGone
	case errors.Is(err, ErrDamaged):
		s.logMessage("message is damaged", n, err)
		return refuseDamaged
	case errors.Is(err, ErrTemporary):
		return refuseTemporary
	}
	s.logMessage("message not found", n, err)
	return refuseTemporary
}

// broken ends a reply whose bytes could not be read to their end. When none of it has left it
// is taken back and refused. Else the session ends without the dot, for a client that saw one would delete the message.
func (s *session) broken(n int, before mark, err error) error {
	if s.err != nil {
		return s.err
	}
	if s.takeBack(before) {
		return s.bodyless(n, err)
	}
	s.logMessage("message not sent whole", n, err)
	s.err = err
	return err
}

// logMessage logs what happened to a message.
func (s *session) logMessage(event string, n int, err error) {
	s.logger().Error(event, zap.ByteString("uid", s.mail.AppendUID(nil, n)), zap.Error(err))
}

// sendBody sends the stored bytes. Large ones in files go from there to the socket by the kernel;
// all others are read beside the replies that are gathered already.
func (d *dialogue) sendBody(body Body) error {
	if extents := body.Extents(); d.tcp != nil && extents != nil && body.Size() >= sendfileMin {
		return d.sendExtents(body, extents)
	}
	return d.copy(body, 0, body.Size())
}

// copy sends stored bytes from…to through the buffer, in pieces as large as it.
func (d *dialogue) copy(body io.ReaderAt, from, to int64) error {
	for from < to {
		piece, err := d.fill(body, from, to-from)
		if err != nil {
			return err
		}
		d.gathered += len(piece)
		from += int64(len(piece))
	}
	return d.err
}

// copyLines sends the header and so many lines behind it. Stuffed dots stay: the client takes them away.
func (d *dialogue) copyLines(body Body, lines int64) error {
	at, stop := body.HeaderSize(), body.Size()-int64(len(end))
	if err := d.copy(body, 0, at); err != nil {
		return err
	}
	for lines > 0 && at < stop {
		piece, err := d.fill(body, at, min(stop-at, topPiece))
		if err != nil {
			return err
		}
		var found int64
		piece, found = cutLines(piece, lines)
		lines -= found
		d.gathered += len(piece)
		at += int64(len(piece))
	}
	return d.err
}

// topPiece is how much TOP reads at a time, of which a part may turn out to be too much.
const topPiece = 4 << 10

// cutLines returns the part of b that ends with its last line, or all of b when it holds
// fewer lines, and how many lines end there.
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

// fill reads at most want stored bytes behind what is gathered, and returns them; the caller
// gathers them or a part. A full buffer is sent first.
func (d *dialogue) fill(body io.ReaderAt, from, want int64) ([]byte, error) {
	if d.gathered == gatherSize {
		d.flush()
	}
	if d.err != nil {
		return nil, d.err
	}
	d.take()
	piece := d.out[d.gathered:min(int64(gatherSize), int64(d.gathered)+want)]
	n, err := body.ReadAt(piece, from)
	if n == len(piece) {
		return piece, nil
	}
	if err == nil || err == io.EOF {
		err = io.ErrUnexpectedEOF
	}
	return nil, err
}

// A mark is a place among the replies, to take back what was gathered after it.
type mark struct {
	sent     int64
	gathered int
}

// mark returns the place behind what is gathered now, with room for a line.
func (d *dialogue) mark() mark {
	d.room()
	return mark{d.sent, d.gathered}
}

// takeBack forgets what was gathered since m, unless a part of it has left.
func (d *dialogue) takeBack(m mark) bool {
	if d.sent != m.sent {
		return false
	}
	d.gathered = m.gathered
	return true
}
