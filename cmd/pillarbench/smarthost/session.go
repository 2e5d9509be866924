package smarthost

import (
	"bufio"
	"net"
	"strings"
)

// offers is the reply to EHLO.
const offers = "250-smarthost\r\n250-PIPELINING\r\n250-SIZE 52428800\r\n250-8BITMIME\r\n250-AUTH PLAIN LOGIN\r\n250 ENHANCEDSTATUSCODES\r\n"

// A session is one SMTP connection.
type session struct {
	took func(octets int64) // is called for each message
	in   *bufio.Reader
	out  *bufio.Writer
}

// run serves commands until the client quits or the connection ends.
func (s *session) run(conn net.Conn) error {
	s.in, s.out = bufio.NewReaderSize(conn, 16<<10), bufio.NewWriter(conn)
	s.out.WriteString("220 smarthost ESMTP\r\n")
	for {
		if s.in.Buffered() == 0 { // replies to pipelined commands leave together
			if err := s.out.Flush(); err != nil {
				return err
			}
		}
		line, err := s.in.ReadString('\n')
		if err != nil {
			return err
		}
		if done, err := s.command(line); done || err != nil {
			s.out.Flush()
			return err
		}
	}
}

// command replies to one command.
func (s *session) command(line string) (done bool, err error) {
	word, rest, _ := strings.Cut(strings.TrimSpace(line), " ")
	reply := "250 2.0.0 OK\r\n"
	switch strings.ToUpper(word) {
	case "EHLO":
		reply = offers
	case "AUTH":
		reply = "235 2.7.0 OK\r\n"
		if strings.ToUpper(rest) == "LOGIN" {
			err = s.login()
		}
	case "DATA":
		return false, s.data()
	case "QUIT":
		reply, done = "221 2.0.0 Bye\r\n", true
	case "MAIL", "RCPT", "RSET", "NOOP":
	default:
		reply = "502 5.5.1 Not implemented\r\n"
	}
	s.out.WriteString(reply)
	return done, err
}

// login asks for a name and a password.
func (s *session) login() error {
	for _, prompt := range []string{"334 VXNlcm5hbWU6\r\n", "334 UGFzc3dvcmQ6\r\n"} {
		s.out.WriteString(prompt)
		if err := s.out.Flush(); err != nil {
			return err
		}
		if _, err := s.in.ReadString('\n'); err != nil {
			return err
		}
	}
	return nil
}

// data takes a message.
func (s *session) data() error {
	s.out.WriteString("354 End data with <CR><LF>.<CR><LF>\r\n")
	if err := s.out.Flush(); err != nil {
		return err
	}
	var octets int64
	begins := true // a line
	for {
		part, err := s.in.ReadSlice('\n')
		if err != nil && err != bufio.ErrBufferFull {
			return err
		}
		if begins && string(part) == ".\r\n" {
			break
		}
		octets += int64(len(part))
		begins = err == nil
	}
	s.took(octets)
	s.out.WriteString("250 2.0.0 OK: queued\r\n")
	return nil
}
