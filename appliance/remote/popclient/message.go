package popclient

import (
	"fmt"
	"io"
	"math"

	"pillarbox/appliance/remote/session"
)

// Header writes the header of a message, by TOP.
func (c *Client) Header(ref uint64, to io.Writer) error {
	return c.content("TOP", fmt.Sprintf("TOP %d 0", ref), session.MostHeader, to)
}

// Fetch writes a message, by RETR, which sends it from its first octet only.
func (c *Client) Fetch(ref uint64, from int64, to io.Writer) error {
	if from > 0 {
		return session.ErrNoRange
	}
	return c.content("RETR", fmt.Sprintf("RETR %d", ref), math.MaxInt64, to)
}

// content sends a command and writes the content of its reply, of most octets. After an error of
// the writer the session cannot go on, because the rest of the content is under way.
func (c *Client) content(what, command string, most int64, to io.Writer) error {
	if _, err := c.command(what, command); err != nil {
		return err
	}
	var d dots
	out := make([]byte, 0, 4096)
	for {
		block, err := c.in.Block()
		if err != nil {
			return c.die(err)
		}
		block = block[:min(len(block), cap(out)-4)]
		text, n, done := d.decode(out[:0], block)
		if most -= int64(len(text)); most < 0 {
			return c.die(session.Errorf(session.Protocol, "the server breaks the protocol: the reply to %s is too long", what))
		}
		if len(text) > 0 {
			if _, err := to.Write(text); err != nil {
				return c.die(err)
			}
		}
		c.in.Advance(n)
		if done {
			return nil
		}
	}
}

// Delete marks messages. The server deletes them at Close.
func (c *Client) Delete(refs []uint64) error {
	for _, ref := range refs {
		if _, err := c.command("DELE", fmt.Sprintf("DELE %d", ref)); err != nil {
			return err
		}
	}
	return nil
}
