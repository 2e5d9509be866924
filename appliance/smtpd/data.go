package smtpd

import "context"

// data receives a message that ends in CRLF.CRLF (RFC 5321 §4.1.1.4).
func (c *session) data(ctx context.Context, _ []byte) error {
	if err := c.open(ctx); err != nil {
		return err
	}
	c.say(sayStart)
	c.conn.BeginContent()
	for done := false; !done; {
		block, err := c.conn.Block()
		if err != nil {
			return err
		}
		var n int
		n, done = c.tx.content.scan(block)
		c.conn.Advance(n)
	}
	c.verdict(c.deliver(ctx))
	return nil
}
