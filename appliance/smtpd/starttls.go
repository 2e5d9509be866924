package smtpd

import "context"

// startTLS puts the session under TLS (RFC 3207). Everything that was sent in the clear is
// discarded: the greeting, a login, and octets that an attacker appended to the command.
func (c *session) startTLS(ctx context.Context, _ []byte) error {
	switch {
	case c.isTLS:
		return errUpgraded
	case !c.canUpgrade():
		return errNotHere
	}
	c.say(sayUpgrade)
	if err := c.conn.Flush(); err != nil {
		return err
	}
	return c.upgrade(ctx)
}
