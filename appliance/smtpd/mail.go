package smtpd

import (
	"context"
	"time"
)

// mail begins a transaction (RFC 5321 §4.1.1.2).
func (s *session) mail(ctx context.Context, argument []byte) error {
	from, p, err := s.sender(argument)
	if err != nil {
		return err
	}
	c := &s.client
	tx := &transaction{
		server: s.server, client: c, began: time.Now(),
		envelope: Envelope{
			From: from, Size: p.size, Helo: c.hello, User: c.user, Remote: c.remote,
			Protocol: c.protocol(p.utf8), Received: s.server.now(),
			Clear: c.clear, Return: p.ret, EnvelopeID: p.envID,
			Conn: s.conn.NetConn(), Interrupt: s.conn.Interrupt,
		},
		utf8: p.utf8,
	}
	if err := s.server.Spooler.Room(ctx, &tx.envelope); err != nil {
		return c.refuse(false, "checking for room failed", err)
	}
	s.tx, s.phase = tx, mailing
	s.say(saySender)
	return nil
}

// sender parses the argument of MAIL, and checks whether the client may send from that path.
func (s *session) sender(argument []byte) (from Path, p mailParameters, err error) {
	text, ok := cutPrefixFold(argument, "FROM:")
	if !ok {
		return from, p, errArgument
	}
	from, rest, ok := parsePath(text)
	if !ok {
		return from, p, errSender
	}
	p, err = parseMailParameters(rest, s.client.reports())
	user, in := s.client.user, s.server
	switch {
	case err == errTooLarge:
		err = tooLarge(in.maxMessage())
	case err != nil:
	case in.RequireAuth && user == "":
		err = s.offer().loginFirst()
	case user != "" && in.LoginHolds != nil && !in.LoginHolds(s.conn.NetConn()):
		err = errRevoked
	case !p.utf8 && !from.isASCII():
		err = errNotASCII
	case p.size > in.maxMessage():
		err = tooLarge(in.maxMessage())
	case user != "" && !in.owns(user, from):
		err = errNotOwn
	}
	return from, p, err
}

// rcpt adds a recipient (RFC 5321 §4.1.1.3).
func (s *session) rcpt(ctx context.Context, argument []byte) error {
	answer, err := s.tx.recipient(ctx, argument, s.limits.Recipients)
	if err != nil {
		return err
	}
	s.commands-- // limited by Limits.Recipients
	s.phase = addressed
	s.say(answer)
	return nil
}
