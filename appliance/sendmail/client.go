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
	"unicode/utf8"
)

const (
	dialPatience  = 10 * time.Second
	replyPatience = 5 * time.Minute // RFC 5321 §4.5.3.2
)

// A client is a dialogue with the box.
type client struct {
	conn    net.Conn
	text    *textproto.Conn
	way     Way
	offered map[string]bool // by EHLO or LHLO
}

// silence is an error of a client that says that the box did not answer, in contrast to a reply.
type silence struct{ err error }

func (s silence) Error() string { return s.err.Error() }

// dial connects and hears the greeting.
func dial(way Way) (*client, error) {
	conn, err := net.DialTimeout(way.Network, way.Address, dialPatience)
	if err != nil {
		return nil, silence{err}
	}
	c := &client{conn: conn, text: textproto.NewConn(conn), way: way}
	code, greeting, err := c.reply()
	switch {
	case err != nil:
		err = silence{err}
	case way.Guessed && !strings.HasSuffix(greeting, " pillarbox"):
		err = silence{errors.New("somebody else than pillarbox answers there")}
	case code != 220:
		err = silence{fmt.Errorf("it answers %d %s", code, greeting)}
	}
	if err != nil {
		conn.Close()
		return nil, err
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

// say says a line and reads the reply. The error is nil for a reply of 2xx or 3xx.
func (c *client) say(format string, args ...any) error {
	_, err := c.ask(format, args...)
	return err
}

func (c *client) ask(format string, args ...any) (text string, err error) {
	if err := c.text.PrintfLine(format, args...); err != nil {
		return "", silence{err}
	}
	return c.hear()
}

// hear reads a reply, and makes an *Error of one that is not 2xx or 3xx.
func (c *client) hear() (string, error) {
	code, text, err := c.reply()
	switch {
	case err != nil:
		return "", silence{fmt.Errorf("it hung up: %w", err)}
	case code < 400:
		return text, nil
	}
	return "", &Error{exitOf(code, text), fmt.Sprintf("%d %s", code, text)}
}

// exitOf returns the exit code of a refusal.
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

// hello says who calls, and learns what is offered.
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

// mail says MAIL.
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

// rcpt says RCPT.
func (c *client) rcpt(to string, o *Options) error {
	line := "RCPT TO:<" + to + ">"
	if c.offered["DSN"] && o.Notify != "" {
		line += " NOTIFY=" + o.Notify
	}
	return c.say("%s", line)
}

// content says DATA and the letter, and reads a verdict for each of so many recipients.
func (c *client) content(m *message, accepted int) ([]error, error) {
	if err := c.say("DATA"); err != nil {
		return nil, err
	}
	body, err := m.letter.body.reader()
	if err != nil {
		return nil, err
	}
	if err := c.send(m.header, body); err != nil {
		return nil, err
	}
	verdicts := 1
	if c.way.LMTP {
		verdicts = accepted
	}
	said := make([]error, verdicts)
	for i := range said {
		_, said[i] = c.hear()
	}
	return said, nil
}

// send writes the letter in wire form. The time runs anew for each piece.
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

// patient is a connection whose every write has its own time.
type patient struct{ conn net.Conn }

func (p patient) Write(b []byte) (int, error) {
	if err := p.conn.SetDeadline(time.Now().Add(replyPatience)); err != nil {
		return 0, err
	}
	return p.conn.Write(b)
}

// xtext writes text as RFC 3461 §4 wants it.
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

func isASCII(s string) bool {
	for i := range len(s) {
		if s[i] >= utf8.RuneSelf {
			return false
		}
	}
	return true
}
