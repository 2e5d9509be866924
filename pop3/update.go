package pop3

import (
	"context"

	"pillarbox/appliance/logbook"
)

// bye ends a session that has not logged in: there is nothing to update (RFC 1939 §4).
func (s *session) bye(context.Context, argument) error {
	s.say("+OK bye")
	return nil
}

// quit is the UPDATE state (RFC 1939 §6). The marked messages are durably gone before +OK is
// gathered, and so is the session's hold on the maildrop: a client that reconnects at once
// finds it free.
//
// It comes to its end even when the client is gone or the server stops: QUIT was said, and a
// mail program drops the line 3 s after it.
func (s *session) quit(ctx context.Context, _ argument) error {
	if s.marks.marked > 0 {
		if err := s.mail.Expunge(context.WithoutCancel(ctx), s.marks.all()); err != nil {
			s.logger().Error("expunge failed", logbook.Int("marked", s.marks.marked), logbook.Error(err))
			return refuseExpunge
		}
		s.deleted = s.marks.marked
	}
	s.leave()
	s.say("+OK bye")
	return nil
}
