package client

import (
	"bufio"
	"crypto/tls"
	"encoding/base64"
	"fmt"
	"net"
	"strings"
	"time"
)

// Patience is how long a reply may take. Servers on emulated boards are slow.
const Patience = 2 * time.Minute

// A Sender is one SMTP (RFC 5321) or LMTP (RFC 2033) connection that delivers messages.
type Sender struct {
	conn net.Conn
	in   *bufio.Reader
}

// Sent is the sender of every message.
const Sent = "bench@home.arpa"

// DialSMTP connects and sends EHLO.
func DialSMTP(address string) (*Sender, error) { return dial(address, "EHLO") }

// DialLMTP connects and sends LHLO. Each message must have one recipient, because LMTP replies once
// for each recipient.
func DialLMTP(address string) (*Sender, error) { return dial(address, "LHLO") }

// DialSubmission connects with TLS, sends EHLO and logs in by AUTH PLAIN (RFC 4954). It accepts any
// certificate.
func DialSubmission(address, user, password string) (*Sender, error) {
	raw, err := net.DialTimeout("tcp", address, Patience)
	if err != nil {
		return nil, err
	}
	raw.SetDeadline(time.Now().Add(Patience))
	conn := tls.Client(raw, &tls.Config{InsecureSkipVerify: true})
	s := NewSender(conn)
	err = s.Hello("EHLO")
	if err == nil {
		err = s.Say([]byte("AUTH PLAIN " + base64.StdEncoding.EncodeToString([]byte("\x00"+user+"\x00"+password)) + "\r\n"))
	}
	if err == nil {
		err = s.Expect("235")
	}
	if err != nil {
		conn.Close()
		return nil, err
	}
	return s, nil
}

func dial(address, hello string) (*Sender, error) {
	conn, err := net.DialTimeout("tcp", address, Patience)
	if err != nil {
		return nil, err
	}
	s := NewSender(conn)
	if err := s.Hello(hello); err != nil {
		conn.Close()
		return nil, err
	}
	return s, nil
}

// NewSender returns a Sender on a new connection. It does not read the greeting.
func NewSender(conn net.Conn) *Sender { return &Sender{conn: conn, in: bufio.NewReader(conn)} }

// Hello reads the greeting and sends EHLO or LHLO.
func (s *Sender) Hello(hello string) error {
	if err := s.Expect("220"); err != nil {
		return err
	}
	if err := s.Say([]byte(hello + " bench.home.arpa\r\n")); err != nil {
		return err
	}
	return s.Expect("250")
}

// Deliver delivers a message to all recipients. It returns nil if the reply to the message was 250.
// MAIL, RCPT and DATA go in one write (RFC 2920), so that a message takes two round trips.
func (s *Sender) Deliver(l Message, recipients ...string) error {
	return s.DeliverWire(l.Wire(), false, recipients...)
}

// DeliverWire is Deliver of a message in wire form. If bare is true, it sends nothing else, because
// the bare server (package bare) has no commands.
func (s *Sender) DeliverWire(wire []byte, bare bool, recipients ...string) error {
	if !bare {
		if err := s.Envelope(recipients); err != nil {
			return err
		}
	}
	if err := s.Say(wire); err != nil {
		return err
	}
	return s.Expect("250")
}

// Envelope sends the commands before the message and reads their replies.
func (s *Sender) Envelope(recipients []string) error {
	commands := []byte("MAIL FROM:<" + Sent + ">\r\n")
	for _, r := range recipients {
		commands = fmt.Appendf(commands, "RCPT TO:<%s>\r\n", r)
	}
	if err := s.Say(append(commands, "DATA\r\n"...)); err != nil {
		return err
	}
	for range 1 + len(recipients) {
		if err := s.Expect("250"); err != nil {
			return err
		}
	}
	return s.Expect("354")
}

func (s *Sender) Say(b []byte) error {
	s.conn.SetDeadline(time.Now().Add(Patience))
	_, err := s.conn.Write(b)
	return err
}

// Expect reads a reply and returns a ReplyError if its code differs.
func (s *Sender) Expect(code string) error {
	for {
		line, err := s.in.ReadString('\n')
		if err != nil {
			return err
		}
		if len(line) > 3 && line[3] == '-' && strings.HasPrefix(line, code) {
			continue
		}
		if !strings.HasPrefix(line, code) {
			return &ReplyError{strings.TrimSpace(line)}
		}
		return nil
	}
}

// A ReplyError is a reply with another code than expected. The connection is of no further use,
// because the replies to commands pipelined behind it are still to come.
type ReplyError struct{ line string }

func (r *ReplyError) Error() string { return "smtp: refused: " + r.line }

// Temporary reports whether another attempt may succeed (RFC 5321 §4.2.1).
func (r *ReplyError) Temporary() bool { return strings.HasPrefix(r.line, "4") }

func (s *Sender) Close() { s.conn.Close() }
