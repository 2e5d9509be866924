package popclient

import (
	"errors"
	"net"
	"strings"

	"pillarbox/appliance/remote/session"
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

// longestLine bounds a line in octets: RFC 1939 has 512, tokens and challenges are longer.
const longestLine = 8192

// command sends a line and reads the reply. what names it in an error, without its arguments: they
// may be secret.
func (c *Client) command(what, line string) (text string, err error) {
	if err := c.send(line); err != nil {
		return "", err
	}
	return c.reply(what, false)
}

func (c *Client) send(line string) error {
	if c.dead != nil {
		return c.dead
	}
	if strings.ContainsAny(line, "\r\n\x00") {
		return session.Errorf(session.Protocol, "a command with a line end in it")
	}
	if _, err := c.conn.Write([]byte(line + "\r\n")); err != nil {
		return c.die(err)
	}
	return nil
}

// reply reads a status line. login says that it ends a login, of which a refusal is of the kind
// Auth.
func (c *Client) reply(what string, login bool) (text string, err error) {
	line, err := c.line()
	if err != nil {
		return "", err
	}
	if rest, ok := cutStatus(line, "+OK"); ok {
		return rest, nil
	}
	rest, refused := cutStatus(line, "-ERR")
	if !refused {
		return "", c.die(session.Errorf(session.Protocol, "%s: the server answered %q", what, session.Printable(line)))
	}
	return "", session.Reply(what, responseCode(rest), rest, login)
}

// cutStatus cuts a status indicator, in any letter case, and the space behind it.
func cutStatus(line, status string) (rest string, found bool) {
	if len(line) < len(status) || !strings.EqualFold(line[:len(status)], status) {
		return "", false
	}
	rest = line[len(status):]
	if rest != "" && rest[0] != ' ' {
		return "", false
	}
	return strings.TrimPrefix(rest, " "), true
}

// responseCode returns the extended response code of a reply (RFC 2449 §8), "" for none.
func responseCode(text string) string {
	if !strings.HasPrefix(text, "[") {
		return ""
	}
	code, _, found := strings.Cut(text[1:], "]")
	if !found {
		return ""
	}
	return code
}

// line reads one line.
func (c *Client) line() (string, error) {
	if c.dead != nil {
		return "", c.dead
	}
	line, err := c.in.ReadLine(longestLine)
	switch {
	case errors.Is(err, wire.ErrLongLine), errors.Is(err, wire.ErrNUL), errors.Is(err, wire.ErrBareLF):
		return "", c.die(session.Errorf(session.Protocol, "the server breaks the protocol: %v", err))
	case err != nil:
		return "", c.die(err)
	}
	return string(line), nil
}

// lines calls each with the lines of a reply until its dot, without the byte-stuffing. More than
// most of them end the session.
func (c *Client) lines(most int, each func(line string) error) error {
	var failed error
	for n := 0; ; n++ {
		line, err := c.line()
		switch {
		case err != nil:
			return err
		case line == ".":
			return failed
		case n == most:
			return c.die(session.Errorf(session.Protocol, "the server breaks the protocol: a reply of more than %d lines", most))
		}
		if failed == nil { // else the rest is read so that the next reply can be
			failed = each(strings.TrimPrefix(line, "."))
		}
	}
}
