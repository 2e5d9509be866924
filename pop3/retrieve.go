package pop3

import (
	"context"
	"errors"
	"strconv"

	"pillarbox/appliance/logbook"
)

// retr sends a whole message: its stored bytes are the reply.
func (s *session) retr(_ context.Context, a argument) error {
	body, err := s.mail.Body(a.n)
	if err != nil {
		return s.bodyless(a.n, err)
	}
	return s.whole(a.n, body)
}

// top sends the header and the first lines of the rest (RFC 1939 §7). Asked for more lines
// than there can be, which is how fetchmail retrieves, it sends what RETR sends.
func (s *session) top(_ context.Context, a argument) error {
	body, err := s.mail.Body(a.n)
	if err != nil {
		return s.bodyless(a.n, err)
	}
	text := body.Size() - int64(len(end)) - body.HeaderSize()
	if a.lines >= text/2 { // a line has at least two octets
		return s.whole(a.n, body)
	}
	defer body.Close()
	header, err := s.asciiHeader(body)
	if err != nil {
		return s.bodyless(a.n, err)
	}
	before := s.place()
	s.say("+OK")
	err = s.copyLines(body, header, a.lines)
	if err != nil {
		return s.broken(a.n, before, err)
	}
	s.say(".")
	return nil
}

// end closes stored bytes; the lines before it end in CRLF themselves.
const end = ".\r\n"

// whole sends all stored bytes of message n, and closes them.
func (s *session) whole(n int, body Body) error {
	header, err := s.asciiHeader(body)
	if err != nil || header != nil {
		defer body.Close()
	}
	switch {
	case err != nil:
		return s.bodyless(n, err)
	case header != nil:
		return s.downgraded(n, body, header)
	}
	before := s.place()
	b := append(s.room(), "+OK "...)
	b = strconv.AppendInt(b, s.mail.Octets(n), 10)
	s.keep(append(b, " octets\r\n"...))
	return s.transmit(transfer{n: n, body: body, before: before})
}

// A transfer is a message of which a part was sent.
type transfer struct {
	n      int
	body   Body
	before place // its reply
	at     int64 // of the body: what is sent or gathered
}

// transmit sends the rest of a message, and closes it, unless the session dozes.
func (s *session) transmit(t transfer) (err error) {
	t.at, err = s.sendBody(t.body, t.at)
	if err == errDozes {
		dozing := t // which is not on the heap else
		s.sending = &dozing
		return err
	}
	s.sending = nil
	defer t.body.Close()
	if err != nil {
		return s.broken(t.n, t.before, err)
	}
	s.retrieved++
	s.octets += s.mail.Octets(t.n)
	if r, ok := s.mail.(Recorder); ok {
		r.Retrieved(t.n)
	}
	return nil
}

// downgraded sends message n with another header. How many octets that makes is not said: LIST
// has said those of the message as it is stored (RFC 6858 §3).
func (s *session) downgraded(n int, body Body, header []byte) error {
	before := s.place()
	s.say("+OK")
	err := s.write(header)
	if err == nil {
		err = s.copy(body, body.HeaderSize(), body.Size())
	}
	if err != nil {
		return s.broken(n, before, err)
	}
	s.retrieved++
	s.octets += s.mail.Octets(n)
	return nil
}

// bodyless refuses a message whose bytes cannot be had.
func (s *session) bodyless(n int, err error) error {
	switch {
	case s.err != nil:
		return s.err
	case err == error(refuseUTF8):
		return err
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

// broken ends a reply whose bytes could not be read to their end. When none of it has left
// it is taken back and refused. Else the session ends without the dot, for a client that
// saw one would delete the message.
func (s *session) broken(n int, before place, err error) error {
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
	s.logger().Error(event, logbook.ByteString("uid", s.mail.AppendUID(nil, n)), logbook.Error(err))
}
