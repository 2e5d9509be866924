package main

import (
	"bufio"
	"fmt"
	"net"
	"strings"
	"time"
)

// patience is how long any one reply may take: boxes on emulated boards are slow.
const patience = 2 * time.Minute

// A sender is one SMTP (RFC 5321) or LMTP (RFC 2033) connection that hands over letters.
type sender struct {
	conn net.Conn
	in   *bufio.Reader
}

// dialSMTP connects and says EHLO.
func dialSMTP(address string) (*sender, error) { return dial(address, "EHLO") }

// dialLMTP connects and says LHLO. Letters must go to one recipient each, for LMTP replies once a recipient.
func dialLMTP(address string) (*sender, error) { return dial(address, "LHLO") }

func dial(address, hello string) (*sender, error) {
	conn, err := net.DialTimeout("tcp", address, patience)
	if err != nil {
		return nil, err
	}
	s := &sender{conn: conn, in: bufio.NewReader(conn)}
	if err := s.open(hello); err != nil {
		conn.Close()
		return nil, err
	}
	return s, nil
}

func (s *sender) open(hello string) error {
	if err := s.expect("220"); err != nil {
		return err
	}
	if err := s.say([]byte(hello + " bench.home.arpa\r\n")); err != nil {
		return err
	}
	return s.expect("250")
}

// deliver hands over one letter for all recipients. It returns nil when the letter was answered
// 250. MAIL, RCPT and DATA go in one write (RFC 2920), so a letter takes two round trips.
func (s *sender) deliver(l letter, recipients ...string) error {
	return s.hand(l.wire(), false, recipients...)
}

// hand is deliver of stored bytes; a bare server (floor) is told nothing but them.
func (s *sender) hand(wire []byte, bare bool, recipients ...string) error {
	if !bare {
		if err := s.envelope(recipients); err != nil {
			return err
		}
	}
	if err := s.say(wire); err != nil {
		return err
	}
	return s.expect("250")
}

// envelope says all that comes before the mail.
func (s *sender) envelope(recipients []string) error {
	commands := []byte("MAIL FROM:<bench@home.arpa>\r\n")
	for _, r := range recipients {
		commands = fmt.Appendf(commands, "RCPT TO:<%s>\r\n", r)
	}
	if err := s.say(append(commands, "DATA\r\n"...)); err != nil {
		return err
	}
	for range 1 + len(recipients) {
		if err := s.expect("250"); err != nil {
			return err
		}
	}
	return s.expect("354")
}

func (s *sender) say(b []byte) error {
	s.conn.SetDeadline(time.Now().Add(patience))
	_, err := s.conn.Write(b)
	return err
}

// expect reads one reply and returns an error when its code is another.
func (s *sender) expect(code string) error {
	for {
		line, err := s.in.ReadString('\n')
		if err != nil {
			return err
		}
		if len(line) > 3 && line[3] == '-' && strings.HasPrefix(line, code) {
			continue
		}
		if !strings.HasPrefix(line, code) {
			return &refusal{strings.TrimSpace(line)}
		}
		return nil
	}
}

// A refusal is a reply that is not the one hoped for. The connection is of no further use, for what
// was pipelined behind is still to be answered.
type refusal struct{ line string }

func (r *refusal) Error() string { return "smtp: refused: " + r.line }

// temporary reports whether it may work later (RFC 5321 §4.2.1).
func (r *refusal) temporary() bool { return strings.HasPrefix(r.line, "4") }

func (s *sender) close() { s.conn.Close() }
