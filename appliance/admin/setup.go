package admin

import (
	"errors"
	"strconv"
	"time"

	"pillarbox/appliance/listen"
)

func (s *session) setup([]string) error {
	if s.Setup == nil {
		return errors.New("no server runs: pillarbox serve starts one")
	}
	u := s.Setup()
	s.talk.add("value", "hostname", u.Hostname)
	s.talk.add("value", "domain", u.Domain)
	s.talk.add("value", "fingerprint", u.Fingerprint)
	s.talk.add("value", "first_login", u.FirstLogin)
	for _, server := range u.Servers {
		s.talk.add("server", server)
	}
	for _, sender := range u.Senders {
		s.talk.add("sender", sender)
	}
	for _, l := range u.Listeners {
		s.talk.add("listener", l.Key, l.Protocol, l.Address, l.Port, l.TLS, short(l.Off))
	}
	return lost(s.talk.send("done"))
}

// Setup returns what a mail client needs to know.
func (c *Client) Setup() (*Setup, error) {
	u := &Setup{Running: true}
	err := c.rows("setup", func(verb string, words []string) error {
		switch {
		case verb == "value" && len(words) == 2:
			switch words[0] {
			case "hostname":
				u.Hostname = words[1]
			case "domain":
				u.Domain = words[1]
			case "fingerprint":
				u.Fingerprint = words[1]
			case "first_login":
				u.FirstLogin = words[1]
			}
		case verb == "server" && len(words) == 1:
			u.Servers = append(u.Servers, words[0])
		case verb == "sender" && len(words) == 1:
			u.Senders = append(u.Senders, words[0])
		case verb == "listener" && len(words) == 6:
			port, err := strconv.Atoi(words[3])
			if err != nil {
				return errProtocol
			}
			u.Listeners = append(u.Listeners, listen.Address{
				Key: words[0], Protocol: words[1], Address: words[2], Port: port, TLS: words[4], Off: words[5],
			})
		default:
			return errProtocol
		}
		return nil
	})
	return u, err
}

// lastLogins answers when each account has logged in, for those that have since the start.
func (s *session) lastLogins([]string) error {
	if s.LastLogins != nil {
		for name, at := range s.LastLogins() {
			s.talk.add("login", name, at.Unix())
		}
	}
	return lost(s.talk.send("done"))
}

// LastLogins returns the last login of each account that has logged in since the start of the
// server.
func (c *Client) LastLogins() (map[string]time.Time, error) {
	last := map[string]time.Time{}
	err := c.rows("logins", func(verb string, words []string) error {
		if verb != "login" || len(words) != 2 {
			return errProtocol
		}
		seconds, err := strconv.ParseInt(words[1], 10, 64)
		if err != nil {
			return errProtocol
		}
		last[words[0]] = time.Unix(seconds, 0)
		return nil
	})
	return last, err
}

// rows sends a request and calls row for each line of the answer.
func (c *Client) rows(request string, row func(verb string, words []string) error) error {
	if err := c.talk.send(request); err != nil {
		return err
	}
	for {
		verb, words, err := c.read()
		if err != nil || verb == "done" {
			return err
		}
		if err := row(verb, words); err != nil {
			return err
		}
	}
}
