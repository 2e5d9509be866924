package pop3

import (
	"errors"
	"time"

	"go.uber.org/zap"

	"pillarbox/pop3/conn"
)

// What the log says of a session. Of the arguments of commands, only the user of a login is logged,
// because others may be passwords.

// noteMessage logs why a message was not sent, and returns what the client gets for it.
func (s *session) noteMessage(err error) error {
	e, ok := err.(*messageError)
	if !ok {
		return err
	}
	s.logger().Error(e.event, zap.ByteString("uid", s.maildrop.mail.AppendUID(nil, e.n)), zap.Error(e.err))
	return e.reply
}

// noteCommand logs a command: at the level debug its verb and its result, and a login that has
// failed as an event of its own.
func (s *session) noteCommand(c *command, err error) {
	if err == conn.ErrWouldBlock {
		return // it continues
	}
	reason := zap.Skip()
	no, failed := err.(*replyError)
	if failed {
		reason = zap.String("reason", no.text)
	}
	if s.debugs() {
		s.logger().Debug("command", zap.String("verb", c.verb), zap.Bool("ok", err == nil), reason)
	}
	if failed && c.logsIn() {
		s.logger().Info("login failed", unlessEmpty("mechanism", s.mechanism),
			unlessEmpty("code", no.code), reason)
	}
}

// logsIn reports whether a command is a part of a login.
func (c *command) logsIn() bool { return c.verb == "USER" || c.verb == "PASS" || c.verb == "AUTH" }

// report logs the session. One without an attempt to log in and without a mistake of the client,
// which is a port scan or a probe, is logged at the level debug only.
func (s *session) report(err error) {
	level := zap.InfoLevel
	var r *replyError
	if s.tried == "" && s.failed == 0 && !errors.As(err, &r) && !errors.Is(err, errTooMany) {
		if !s.debugs() {
			return
		}
		level = zap.DebugLevel
	}
	event := "session ended"
	if s.user == "" { // a log may limit these lines more
		event = "session ended without login"
	}
	m := &s.maildrop
	s.logger().Log(level, event,
		zap.Int("failed", int(s.failed)),
		zap.Int("retrieved", int(m.retrieved)), zap.Int64("octets", m.octets),
		zap.Int("deleted", int(m.deleted)), zap.Int("left", int(m.marks.total-m.deleted)),
		zap.Duration("took", time.Since(s.began)), zap.Error(err))
}
