package pop3

import (
	"context"

	"go.uber.org/zap"
)

// bye ends a session before its login: there is nothing to update (RFC 1939 §4).
func (s *session) bye(context.Context, argument) error {
	s.conn.Say("+OK bye")
	return nil
}

// quit is the state UPDATE (RFC 1939 §6). Before +OK is gathered, the marked messages are durably
// deleted and the maildrop is closed: a client that connects again at once finds it unlocked.
//
// It runs to its end also if the client has closed the connection or the server stops: QUIT was
// received, and a mail client closes the connection 3 s after it.
func (s *session) quit(ctx context.Context, _ argument) error {
	if marks := &s.maildrop.marks; marks.marked > 0 {
		if err := s.maildrop.mail.Expunge(context.WithoutCancel(ctx), marks.all()); err != nil {
			s.logger().Error("expunge failed", zap.Int("marked", int(marks.marked)), zap.Error(err))
			return replyExpunge
		}
		s.maildrop.deleted = marks.marked
	}
	s.leave()
	s.conn.Say("+OK bye")
	return nil
}
