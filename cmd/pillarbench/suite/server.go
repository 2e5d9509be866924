package suite

import (
	"bufio"
	"errors"
	"fmt"
	"net"
	"slices"
	"strings"
	"time"
)

// A Server is the server that is tested.
type Server struct {
	// Ports are the addresses (host:port) by protocol: pop3, pop3s, smtp, smtps, lmtp. Protocols
	// without an address are not tested.
	Ports map[string]string
	// The account: name and password of the login, and mail address.
	User, Password, Address string
	// Deliver is a shell command that delivers the message on its standard input to the account.
	// If it is "", the suite delivers by SMTP or LMTP.
	Deliver string
	// Slow includes the cases that take minutes.
	Slow bool
	// Patience is how long a reply may take, and a delivery to the maildrop; 0 is 10 s.
	Patience time.Duration
}

// errAbsent is returned if the server does not offer what a case is about.
var errAbsent = errors.New("absent")

// dial connects to the port of a protocol.
func (s *Server) dial(protocol string) (net.Conn, error) {
	address := s.Ports[protocol]
	if address == "" {
		return nil, fmt.Errorf("%w: no port for %s", errAbsent, protocol)
	}
	return net.DialTimeout("tcp", address, s.patience())
}

func (s *Server) patience() time.Duration {
	if s.Patience == 0 {
		return 10 * time.Second
	}
	return s.Patience
}

// offers queries a server's extensions, and returns errAbsent if no line begins with the keyword
// and has the arguments. Without a keyword only the port must exist. The keyword CAPA is offered
// by a server that supports that command.
func (s *Server) offers(protocol, keyword string) error {
	if keyword == "" {
		if s.Ports[protocol] == "" {
			return fmt.Errorf("%w: no port for %s", errAbsent, protocol)
		}
		return nil
	}
	c, err := s.speak(protocol)
	if err != nil {
		return err
	}
	defer c.conn.Close()
	extensions, err := c.extensions()
	if err != nil {
		return err
	}
	if keyword == "CAPA" {
		return nil
	}
	wanted := strings.Fields(strings.ToUpper(keyword))
	for _, line := range extensions {
		words := strings.Fields(strings.ToUpper(line))
		if len(words) > 0 && words[0] == wanted[0] && holdsAll(words, wanted) {
			return nil
		}
	}
	return fmt.Errorf("%w: %s does not offer %s", errAbsent, protocol, keyword)
}

func holdsAll(words, wanted []string) bool {
	return !slices.ContainsFunc(wanted, func(w string) bool { return !slices.Contains(words, w) })
}

// A speaker is a simple client that prepares a case.
type speaker struct {
	protocol string
	conn     net.Conn
	in       *bufio.Reader
	patience time.Duration
}

// speak connects and reads the greeting.
func (s *Server) speak(protocol string) (*speaker, error) {
	conn, err := s.dial(protocol)
	if err != nil {
		return nil, err
	}
	c := &speaker{protocol, conn, bufio.NewReader(conn), s.patience()}
	if _, err := c.reply(); err != nil {
		conn.Close()
		return nil, err
	}
	return c, nil
}

// say sends a command and returns the lines of its reply, which must be positive.
func (c *speaker) say(command string) ([]string, error) {
	c.conn.SetDeadline(time.Now().Add(c.patience))
	if _, err := c.conn.Write([]byte(command + "\r\n")); err != nil {
		return nil, err
	}
	lines, err := c.reply()
	if err != nil {
		return nil, fmt.Errorf("%.40q was answered %w", command, err)
	}
	return lines, nil
}

// reply reads a reply: of POP3 its first line, of SMTP all lines.
func (c *speaker) reply() (lines []string, err error) {
	for {
		c.conn.SetDeadline(time.Now().Add(c.patience))
		line, err := c.in.ReadString('\n')
		if err != nil {
			return nil, err
		}
		line = strings.TrimRight(line, "\r\n")
		lines = append(lines, line)
		switch {
		case c.protocol == "pop3" && strings.HasPrefix(line, "+OK"):
			return lines, nil
		case c.protocol != "pop3" && len(line) > 3 && line[3] == '-':
		case c.protocol != "pop3" && line != "" && (line[0] == '2' || line[0] == '3'):
			return lines, nil
		default:
			return nil, fmt.Errorf("%q", line)
		}
	}
}

// extensions returns the lines of the reply to CAPA, EHLO or LHLO.
func (c *speaker) extensions() ([]string, error) {
	hello := map[string]string{"smtp": "EHLO suite.example.org", "lmtp": "LHLO suite.example.org"}[c.protocol]
	if hello == "" {
		if _, err := c.say("CAPA"); err != nil {
			return nil, fmt.Errorf("%w: no CAPA (%v)", errAbsent, err)
		}
		return c.lines()
	}
	lines, err := c.say(hello)
	for i, line := range lines {
		lines[i] = line[min(4, len(line)):]
	}
	return lines, err
}

// lines reads the rest of a multi-line POP3 reply.
func (c *speaker) lines() (lines []string, err error) {
	for {
		c.conn.SetDeadline(time.Now().Add(c.patience))
		line, err := c.in.ReadString('\n')
		if err != nil {
			return nil, err
		}
		if line == ".\r\n" {
			return lines, nil
		}
		lines = append(lines, strings.TrimRight(line, "\r\n"))
	}
}
