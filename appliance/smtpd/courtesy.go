package smtpd

import "context"

// rset forgets the mail that is under way (RFC 5321 §4.1.1.5).
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

// vrfy gives the one answer for everybody: who exists is nobody's business (RFC 5321 §7.3).
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
