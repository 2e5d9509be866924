package smtpd

import "context"

// rset ends the current mail transaction (RFC 5321 §4.1.1.5).
func (c *session) rset(context.Context, []byte) error {
	c.forget()
	c.say(sayReset)
	return nil
}

func (c *session) noop(context.Context, []byte) error {
	c.say(sayNothing)
	return nil
}

func (c *session) help(context.Context, []byte) error {
	c.say(sayHelp)
	return nil
}

// vrfy sends the same reply for every name, so that it does not reveal which mailboxes exist (RFC
// 5321 §7.3).
func (c *session) vrfy(context.Context, []byte) error {
	c.say(sayCannotTell)
	return nil
}

func (c *session) notOffered(context.Context, []byte) error { return errNotHere }

func (c *session) hangUp(context.Context, []byte) error { return errHTTP }

func (c *session) quit(context.Context, []byte) error {
	c.say(sayBye)
	return errBye
}
