package sendmail

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net"
	"net/textproto"
	"strconv"
	"strings"
	"time"
)

const (
	dialPatience  = 10 * time.Second
	replyPatience = 5 * time.Minute // RFC 5321 §4.5.3.2
)

// A client is a connection to the server.
type client struct {
	conn    net.Conn
	text    *textproto.Conn
	way     Way
	offered map[string]bool // by EHLO or LHLO
}

// A silence is the error of a connection that broke or that the server ends, in contrast to a reply
// that refuses something.
type silence struct{ err error }

func (s silence) Error() string { return s.err.Error() }
func (s silence) Unwrap() error { return s.err }

// dial connects and reads the greeting. Unless users is nil, the program that sent it must run as
// one of them.
func dial(way Way, users []int) (*client, error) {
	conn, err := net.DialTimeout(way.Network, way.Address, dialPatience)
	if err != nil {
		return nil, silence{err}
	}
	c := &client{conn: conn, text: textproto.NewConn(conn), way: way}
	code, greeting, err := c.reply()
	switch {
	case err != nil:
	case way.Guessed && !strings.HasSuffix(greeting, " pillarbox"):
		err = errors.New("another program than pillarbox answers there")
	case code != 220:
		err = fmt.Errorf("it answers %d %s", code, greeting)
	case users != nil:
		err = checkOwner(conn, way, users)
	}
	if err != nil {
		conn.Close()
		return nil, silence{err}
	}
	return c, nil
}

func (c *client) close() { c.conn.Close() }

// reply reads one reply.
func (c *client) reply() (code int, text string, err error) {
	if err := c.conn.SetDeadline(time.Now().Add(replyPatience)); err != nil {
		return 0, "", err
	}
	code, text, err = c.text.ReadResponse(0)
	var protocol *textproto.Error
	if errors.As(err, &protocol) {
		return protocol.Code, protocol.Msg, nil
	}
	if err == io.EOF {
		err = io.ErrUnexpectedEOF
	}
	return code, text, err
}

// say sends a line and reads the reply. The error is nil for a reply of 2xx or 3xx.
func (c *client) say(format string, args ...any) error {
	_, err := c.ask(format, args...)
	return err
}

func (c *client) ask(format string, args ...any) (text string, err error) {
	if err := c.text.PrintfLine(format, args...); err != nil {
		return "", silence{err}
	}
	return c.receive()
}

// receive reads a reply, and returns an *Error for one that is not 2xx or 3xx. After 421 the server
// closes the connection.
func (c *client) receive() (string, error) {
	code, text, err := c.reply()
	switch {
	case err != nil:
		return "", silence{fmt.Errorf("it closed the connection: %w", err)}
	case code == 421:
		return "", silence{fmt.Errorf("it closed the connection: %d %s", code, text)}
	case code < 400:
		return text, nil
	}
	return "", &Error{exitOf(code, text), fmt.Sprintf("%d %s", code, text)}
}

// exitOf returns the exit code for a reply of 4xx or 5xx.
func exitOf(code int, text string) int {
	switch {
	case code < 500:
		return ExTempFail
	case strings.HasPrefix(text, "5.1.1 "):
		return ExNoUser
	case code == 530:
		return ExNoPerm
	}
	return ExUnavailable
}

// hello sends EHLO or LHLO and reads the extensions that the server offers.
func (c *client) hello(hostname string) error {
	verb := "EHLO"
	if c.way.LMTP {
		verb = "LHLO"
	}
	text, err := c.ask("%s %s", verb, hostname)
	c.offered = map[string]bool{}
	for line := range strings.Lines(text) {
		word, _, _ := strings.Cut(strings.TrimSpace(line), " ")
		c.offered[strings.ToUpper(word)] = true
	}
	return err
}

// mail sends MAIL.
func (c *client) mail(m *message) error {
	line := "MAIL FROM:<" + m.sender + ">"
	if c.offered["SIZE"] {
		line += " SIZE=" + strconv.FormatInt(m.octets, 10)
	}
	if c.offered["8BITMIME"] {
		line += " BODY=8BITMIME"
	}
	if c.offered["SMTPUTF8"] && m.beyondASCII() {
		line += " SMTPUTF8"
	}
	if c.offered["DSN"] && m.options.Return != "" {
		line += " RET=" + xtext(m.options.Return)
	}
	if c.offered["DSN"] && m.options.EnvelopeID != "" {
		line += " ENVID=" + xtext(m.options.EnvelopeID)
	}
	return c.say("%s", line)
}

// rcpt sends RCPT.
func (c *client) rcpt(to string, o *Options) error {
	line := "RCPT TO:<" + to + ">"
	if c.offered["DSN"] && o.Notify != "" {
		line += " NOTIFY=" + o.Notify
	}
	return c.say("%s", line)
}

// content sends the message after the reply to DATA, and returns the replies to its end: in LMTP
// one for each accepted recipient, nil for those that have the message.
func (c *client) content(m *message, accepted int) (replies []error, err error) {
	body, err := m.input.body.reader()
	if err != nil {
		return nil, err
	}
	if err := c.send(m.header, body); err != nil {
		return nil, err
	}
	if !c.way.LMTP {
		accepted = 1
	}
	for range accepted {
		_, err := c.receive()
		if errors.As(err, new(silence)) {
			return replies, err
		}
		replies = append(replies, err)
	}
	return replies, nil
}

// send writes the message in wire form. Each write has the whole time of replyPatience.
func (c *client) send(header []byte, body io.Reader) error {
	out := bufio.NewWriterSize(patient{c.conn}, 16<<10)
	dots := textproto.NewWriter(out).DotWriter()
	_, err := dots.Write(header)
	if err == nil {
		if _, copied := io.Copy(dots, body); copied != nil {
			err = copied
		}
	}
	if err == nil {
		err = dots.Close() // which flushes
	}
	if err != nil {
		return silence{err}
	}
	return nil
}

// A patient connection sets a new deadline before each write.
type patient struct{ conn net.Conn }

func (p patient) Write(b []byte) (int, error) {
	if err := p.conn.SetDeadline(time.Now().Add(replyPatience)); err != nil {
		return 0, err
	}
	return p.conn.Write(b)
}

// xtext encodes text as xtext (RFC 3461 section 4).
func xtext(text string) string {
	var b strings.Builder
	for i := range len(text) {
		if c := text[i]; c <= ' ' || c >= 0x7F || c == '+' || c == '=' {
			fmt.Fprintf(&b, "+%02X", c)
		} else {
			b.WriteByte(c)
		}
	}
	return b.String()
}
