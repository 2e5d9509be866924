package popclient

import (
	"bytes"
	"errors"
	"net"
	"strconv"
	"strings"

	"pillarbox/appliance/remote/session"
	"pillarbox/pop3/wire"
)

// A Client is one session. It is used by one goroutine. A command and its reply allocate nothing,
// and neither does the content of a message, so that a session of many messages leaves no garbage.
type Client struct {
	conn   net.Conn
	in     *wire.Reader
	secure bool
	caps   map[string][]string // by name, in capital letters; nil: CAPA was refused

	count  int   // messages, as STAT said
	size   int64 // octets, as STAT said
	stated bool  // it was asked
	dead   error // why the session cannot go on

	out  []byte     // the command that is sent
	text [4096]byte // content without its byte-stuffing
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

// command sends a line and reads the reply, which is valid until the next line is read. what names
// it in an error, without its arguments: they may be secret.
func (c *Client) command(what, line string) (text []byte, err error) {
	if err := c.send(line); err != nil {
		return nil, err
	}
	return c.reply(what, false)
}

// about is command for a line with the number of a message, and what follows it.
func (c *Client) about(what string, ref uint64, rest string) error {
	c.out = append(append(c.out[:0], what...), ' ')
	c.out = append(strconv.AppendUint(c.out, ref, 10), rest...)
	if err := c.flush(); err != nil {
		return err
	}
	_, err := c.reply(what, false)
	return err
}

func (c *Client) send(line string) error {
	if strings.ContainsAny(line, "\r\n\x00") {
		return session.Errorf(session.Protocol, "a command with a line end in it")
	}
	c.out = append(c.out[:0], line...)
	return c.flush()
}

// flush sends the command.
func (c *Client) flush() error {
	if c.dead != nil {
		return c.dead
	}
	c.out = append(c.out, '\r', '\n')
	if _, err := c.conn.Write(c.out); err != nil {
		return c.die(err)
	}
	return nil
}

// reply reads a status line. login says that it ends a login, of which a refusal is of the kind
// Auth.
func (c *Client) reply(what string, login bool) (text []byte, err error) {
	line, err := c.line()
	if err != nil {
		return nil, err
	}
	if rest, ok := cutStatus(line, "+OK"); ok {
		return rest, nil
	}
	rest, refused := cutStatus(line, "-ERR")
	if !refused {
		return nil, c.die(session.Errorf(session.Protocol, "%s: the server answered %q", what, session.Printable(string(line))))
	}
	return nil, session.Reply(what, responseCode(rest), string(rest), login)
}

// cutStatus cuts a status indicator, in any letter case, and the space behind it.
func cutStatus(line []byte, status string) (rest []byte, found bool) {
	if len(line) < len(status) || !strings.EqualFold(string(line[:len(status)]), status) {
		return nil, false
	}
	rest = line[len(status):]
	if len(rest) > 0 && rest[0] != ' ' {
		return nil, false
	}
	return bytes.TrimPrefix(rest, []byte(" ")), true
}

// responseCode returns the extended response code of a reply (RFC 2449 §8), "" for none.
func responseCode(text []byte) string {
	if !bytes.HasPrefix(text, []byte("[")) {
		return ""
	}
	code, _, found := bytes.Cut(text[1:], []byte("]"))
	if !found {
		return ""
	}
	return string(code)
}

// line reads one line, which is valid until the next one is read.
func (c *Client) line() ([]byte, error) {
	if c.dead != nil {
		return nil, c.dead
	}
	line, err := c.in.ReadLine(longestLine)
	switch {
	case errors.Is(err, wire.ErrLongLine), errors.Is(err, wire.ErrNUL), errors.Is(err, wire.ErrBareLF):
		return nil, c.die(session.Errorf(session.Protocol, "the server breaks the protocol: %v", err))
	case err != nil:
		return nil, c.die(err)
	}
	return line, nil
}

// lines calls each with the lines of a reply until its dot, without the byte-stuffing. More than
// most of them end the session.
func (c *Client) lines(most int, each func(line []byte) error) error {
	var failed error
	for n := 0; ; n++ {
		line, err := c.line()
		switch {
		case err != nil:
			return err
		case len(line) == 1 && line[0] == '.':
			return failed
		case n == most:
			return c.die(session.Errorf(session.Protocol, "the server breaks the protocol: a reply of more than %d lines", most))
		}
		if failed == nil { // else the rest is read so that the next reply can be
			failed = each(bytes.TrimPrefix(line, []byte(".")))
		}
	}
}
