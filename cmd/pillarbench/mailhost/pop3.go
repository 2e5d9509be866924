package mailhost

import (
	"bufio"
	"bytes"
	"fmt"
	"net"
	"strconv"
	"strings"
	"time"

	"pillarbox/cmd/pillarbench/client"
)

// A pop3Session is one session (RFC 1939).
type pop3Session struct {
	out     *bufio.Writer
	user    string
	mailbox *Mailbox // nil before the login
	list    []held
	marked  map[uint32]bool
}

// servePOP3 serves one connection. A mailbox that is read in another way has no login here.
func (p *Provider) servePOP3(conn net.Conn) {
	s := &pop3Session{out: bufio.NewWriter(conn), marked: map[uint32]bool{}}
	in := bufio.NewReader(conn)
	s.say("+OK provider")
	for {
		conn.SetDeadline(time.Now().Add(patience))
		if s.out.Flush() != nil {
			return
		}
		line, err := in.ReadString('\n')
		if err != nil {
			return
		}
		verb, argument, _ := strings.Cut(strings.TrimRight(line, "\r\n"), " ")
		switch verb = strings.ToUpper(verb); {
		case verb == "QUIT":
			if s.mailbox != nil {
				s.mailbox.remove(func(h held) bool { return s.marked[h.uid] })
			}
			s.say("+OK bye")
			s.out.Flush()
			return
		case s.mailbox == nil:
			s.logIn(p, verb, argument)
		default:
			s.command(verb, argument)
		}
	}
}

func (s *pop3Session) say(line string) { s.out.WriteString(line + "\r\n") }

// logIn answers the commands before the login, and takes the snapshot.
func (s *pop3Session) logIn(p *Provider, verb, argument string) {
	switch m := p.mailboxes[s.user]; {
	case verb == "CAPA":
		s.say("+OK\r\nUSER\r\nUIDL\r\nTOP\r\n.")
	case verb == "USER":
		s.user = argument
		s.say("+OK")
	case verb == "PASS" && m != nil && m.protocol == POP3 && argument == client.Password:
		s.mailbox, s.list = m, m.snapshot()
		s.say("+OK")
	default:
		s.say("-ERR")
	}
}

// command answers a command of the TRANSACTION state.
func (s *pop3Session) command(verb, argument string) {
	words := strings.Fields(argument + " 0")
	n, _ := strconv.Atoi(words[0])
	known := n >= 1 && n <= len(s.list)
	switch {
	case verb == "CAPA":
		s.say("+OK\r\nUSER\r\nUIDL\r\nTOP\r\n.")
	case verb == "NOOP":
		s.say("+OK")
	case verb == "STAT":
		octets := 0
		for _, h := range s.list {
			octets += len(h.message.Content())
		}
		s.say(fmt.Sprintf("+OK %d %d", len(s.list), octets))
	case verb == "LIST" && argument == "":
		s.lines(func(h held) any { return len(h.message.Content()) })
	case verb == "UIDL" && argument == "":
		s.lines(func(h held) any { return fmt.Sprintf("uid-%d", h.uid) })
	case verb == "RETR" && known:
		s.mailbox.retrieve()
		s.say("+OK")
		s.out.Write(s.list[n-1].message.Wire())
	case verb == "TOP" && known:
		head, _, _ := bytes.Cut(s.list[n-1].message.Wire(), []byte("\r\n\r\n"))
		s.say("+OK")
		s.out.Write(head)
		s.say("\r\n\r\n.")
	case verb == "DELE" && known:
		s.marked[s.list[n-1].uid] = true
		s.say("+OK")
	default:
		s.say("-ERR")
	}
}

// lines answers a listing.
func (s *pop3Session) lines(of func(held) any) {
	s.say("+OK")
	for i, h := range s.list {
		s.say(fmt.Sprintf("%d %v", i+1, of(h)))
	}
	s.say(".")
}
