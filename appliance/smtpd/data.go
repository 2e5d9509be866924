package smtpd

import (
	"context"
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
