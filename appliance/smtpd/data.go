package smtpd

import (
	"bytes"
	"context"
	"strings"
)

// data receives a message that ends in CRLF.CRLF (RFC 5321 §4.1.1.4).
func (s *session) data(ctx context.Context, _ []byte) error {
	if err := s.tx.open(ctx); err != nil {
		return err
	}
	s.say(sayStart)
	s.conn.BeginContent()
	for done := false; !done; {
		block, err := s.conn.Block()
		if err != nil {
			return err
		}
		var n int
		n, done = s.tx.content.scan(block)
		s.conn.Advance(n)
	}
	s.deliver(ctx)
	return nil
}

// deliver makes the content durable and sends the verdict once, in LMTP once for each accepted
// recipient (RFC 2033 §4.2). It ends the transaction.
func (s *session) deliver(ctx context.Context) {
	verdict, stored := s.tx.store(ctx)
	if stored {
		s.commands, s.mistakes = 0, 0
		s.octets += s.tx.content.octets()
		s.delivered = true
	}
	times := 1
	if s.server.LMTP {
		times = s.tx.accepted
	}
	for range times {
		s.say(verdict)
	}
	s.forget()
}

// bdat receives a chunk of a message (RFC 3030 §2). The chunk follows the command whatever the
// reply will be, so it is read to its end even if it is refused: its octets are never commands. If
// the size is not a number, the end is not known, and the session ends.
func (s *session) bdat(ctx context.Context, argument []byte) error {
	size, last, err := parseChunk(argument)
	if err != nil {
		return errChunk
	}
	s.conn.BeginContent()
	if err = s.mayChunk(ctx); err != nil {
		if lost := s.each(size, func(b []byte) int { return len(b) }); lost != nil {
			return lost
		}
		return err
	}
	if size > 0 {
		s.commands-- // it is bounded by MaxMessage; a message of 10 MiB has 1280 chunks of 8 KiB
	}
	if err := s.each(size, s.tx.content.raw); err != nil {
		return err
	}
	switch {
	case last:
		s.deliver(ctx)
	case s.tx.content.err != nil:
		no := s.tx.notStored(s.tx.content.err)
		s.forget()
		return logged{no}
	default:
		s.say(sayChunk)
	}
	return nil
}

// mayChunk makes the message ready for a chunk, or returns why it is refused.
func (s *session) mayChunk(ctx context.Context) error {
	switch s.phase {
	case chunking:
		return nil
	case addressed:
		if err := s.tx.open(ctx); err != nil {
			return err
		}
		s.phase = chunking
		return nil
	}
	return s.phase.outOfOrder(addressed | chunking)
}

// each passes the next size octets to take, which returns how many of them it took.
func (s *session) each(size int64, take func([]byte) int) error {
	for size > 0 {
		block, err := s.conn.Block()
		if err != nil {
			return err
		}
		n := take(block[:min(int64(len(block)), size)])
		s.conn.Advance(n)
		size -= int64(n)
	}
	return nil
}

// parseChunk parses "size" or "size LAST".
func parseChunk(argument []byte) (size int64, last bool, err error) {
	number, mark, marked := bytes.Cut(argument, []byte(" "))
	if marked && !strings.EqualFold(string(bytes.TrimLeft(mark, " ")), "LAST") {
		return 0, false, errArgument
	}
	size, err = parseSize(string(number))
	return size, marked, err
}
