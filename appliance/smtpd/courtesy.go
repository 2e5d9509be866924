package smtpd

import "context"

// rset ends the current mail transaction (RFC 5321 §4.1.1.5).
func (s *session) rset(context.Context, []byte) error {
	s.forget()
	s.say(sayReset)
	return nil
}

func (s *session) noop(context.Context, []byte) error {
	s.say(sayNothing)
	return nil
}

func (s *session) help(context.Context, []byte) error {
	s.say(sayHelp)
	return nil
}

// vrfy sends the same reply for every name, so that it does not reveal which mailboxes exist (RFC
// 5321 §7.3).
func (s *session) vrfy(context.Context, []byte) error {
	s.say(sayCannotTell)
	return nil
}

func (s *session) notOffered(context.Context, []byte) error { return errNotHere }

func (s *session) hangUp(context.Context, []byte) error { return errHTTP }

func (s *session) quit(context.Context, []byte) error {
	s.say(sayBye)
	return errBye
}
