package popclient

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"slices"
	"strconv"
	"strings"
	"time"

	"pillarbox/appliance/remote/session"
	"pillarbox/pop3/wire"
)

// mostCapabilities bounds the lines of CAPA.
const mostCapabilities = 64

// New reads the greeting of a server. secure says that conn has TLS.
func New(conn net.Conn, secure bool) (*Client, error) {
	c := &Client{conn: conn, secure: secure}
	c.in = wire.NewReader(conn, wire.BufferSize)
	if _, err := c.reply("greeting", false); err != nil {
		return nil, err
	}
	return c, c.capa()
}

// capa reads the capabilities. A server without CAPA has none.
func (c *Client) capa() error {
	c.caps = nil
	_, err := c.command("CAPA", "CAPA")
	var e *session.Error
	if errors.As(err, &e) && e.Kind == session.Refused {
		return nil
	}
	if err != nil {
		return err
	}
	caps := map[string][]string{}
	err = c.lines(mostCapabilities, func(line []byte) error {
		if words := strings.Fields(strings.ToUpper(string(line))); len(words) > 0 {
			caps[words[0]] = words[1:]
		}
		return nil
	})
	c.caps = caps
	return err
}

// Delay returns LOGIN-DELAY (RFC 2449 §6.5), at most a day.
func (c *Client) Delay() time.Duration {
	words := c.caps["LOGIN-DELAY"]
	if len(words) == 0 {
		return 0
	}
	seconds, err := strconv.ParseUint(words[0], 10, 31)
	if err != nil {
		return 0
	}
	return min(time.Duration(seconds)*time.Second, 24*time.Hour)
}

// has reports whether the server has a capability.
func (c *Client) has(name string) bool {
	_, ok := c.caps[name]
	return ok
}

// StartTLS changes to TLS.
func (c *Client) StartTLS(ctx context.Context, config *tls.Config) error {
	if c.caps != nil && !c.has("STLS") {
		return session.Errorf(session.Certificate, "the server does not offer TLS (STLS) on this port; nothing was sent")
	}
	if _, err := c.command("STLS", "STLS"); err != nil {
		return &session.Error{Kind: session.Certificate, Text: err.Error() + "; nothing was sent without TLS"}
	}
	if c.in.Buffered() > 0 {
		return c.die(session.Errorf(session.Certificate, "the server sent something between STLS and TLS; nothing was sent"))
	}
	secure := tls.Client(c.conn, config)
	if err := secure.HandshakeContext(ctx); err != nil {
		return c.die(err)
	}
	c.conn, c.secure = secure, true
	c.in.Reset(secure)
	return c.capa()
}

// Close ends the session with QUIT, by which the server deletes what was marked.
func (c *Client) Close() error {
	defer c.conn.Close()
	if c.dead != nil {
		return c.dead
	}
	_, err := c.command("QUIT", "QUIT")
	return err
}

// Capabilities returns what the server announces, for a debug log.
func (c *Client) Capabilities() []string {
	var list []string
	for name, words := range c.caps {
		list = append(list, strings.Join(append([]string{name}, words...), " "))
	}
	slices.Sort(list)
	return list
}
