package mailhost

import (
	"bufio"
	"bytes"
	"encoding/base64"
	"net"
	"strings"
	"time"

	"pillarbox/cmd/pillarbench/client"
)

// An smtpSession is one session (RFC 5321).
type smtpSession struct {
	provider *Provider
	in       *bufio.Reader
	out      *bufio.Writer
	known    bool // it has logged in
	to       []string
}

// serveSMTP serves one connection.
func (p *Provider) serveSMTP(conn net.Conn) {
	s := &smtpSession{provider: p, in: bufio.NewReader(conn), out: bufio.NewWriter(conn)}
	s.say("220 provider ESMTP")
	for more := true; more; {
		conn.SetDeadline(time.Now().Add(patience))
		// Replies to commands that were pipelined go together.
		if s.in.Buffered() == 0 && s.out.Flush() != nil {
			return
		}
		line, err := s.in.ReadString('\n')
		if err != nil {
			return
		}
		more = s.command(strings.TrimRight(line, "\r\n"))
	}
	s.out.Flush()
}

func (s *smtpSession) say(line string) { s.out.WriteString(line + "\r\n") }

// login is the response of AUTH PLAIN (RFC 4616) with the password of every account.
func login(response string) bool {
	raw, err := base64.StdEncoding.DecodeString(response)
	fields := bytes.Split(raw, []byte{0})
	return err == nil && len(fields) == 3 && string(fields[2]) == client.Password
}

// command answers a command, and reports whether the session goes on.
func (s *smtpSession) command(line string) bool {
	upper := strings.ToUpper(line)
	switch {
	case strings.HasPrefix(upper, "EHLO "):
		s.say("250-provider\r\n250-PIPELINING\r\n250-8BITMIME\r\n250-SIZE 10000000\r\n250 AUTH PLAIN")
	case strings.HasPrefix(upper, "AUTH PLAIN "):
		s.known = login(line[len("AUTH PLAIN "):])
		s.say(map[bool]string{true: "235 2.7.0 OK", false: "535 5.7.8 wrong"}[s.known])
	case strings.HasPrefix(upper, "MAIL FROM:") && s.known:
		s.to = nil
		s.say("250 2.1.0 OK")
	case strings.HasPrefix(upper, "RCPT TO:<") && s.known:
		to, _, _ := strings.Cut(line[len("RCPT TO:<"):], ">")
		s.to = append(s.to, to)
		s.say("250 2.1.5 OK")
	case upper == "DATA" && len(s.to) > 0:
		s.say("354 go on")
		return s.out.Flush() == nil && s.data()
	case upper == "RSET":
		s.to = nil
		s.say("250 2.0.0 OK")
	case upper == "NOOP":
		s.say("250 2.0.0 OK")
	case upper == "QUIT":
		s.say("221 2.0.0 bye")
		return false
	default:
		s.say("503 5.5.1 not now")
	}
	return true
}

// data reads a message, and calls Taken for each recipient before the reply.
func (s *smtpSession) data() bool {
	var text []byte
	for {
		line, err := s.in.ReadBytes('\n')
		if err != nil {
			return false
		}
		if string(line) == ".\r\n" {
			break
		}
		text = append(text, bytes.TrimPrefix(line, []byte("."))...)
	}
	s.provider.taking.Lock()
	defer s.provider.taking.Unlock()
	reply := "250 2.0.0 OK"
	for _, to := range s.to {
		if !s.provider.events.Taken(text, to) {
			reply = "554 5.6.0 refused"
		}
	}
	s.to = nil
	s.say(reply)
	return true
}
