package popclient

import (
	"net"

	"pillarbox/pop3/wire"
)

// A Client is one session. It is used by one goroutine.
type Client struct {
	conn   net.Conn
	in     *wire.Reader
	secure bool
	caps   map[string][]string // by name, in capital letters; nil: CAPA was refused

	count  int   // messages, as STAT said
	size   int64 // octets, as STAT said
	stated bool  // it was asked
	dead   error // why the session cannot go on
}

// die makes err the error of all that follows.
func (c *Client) die(err error) error {
	if c.dead == nil {
		c.dead = err
	}
	return err
}
