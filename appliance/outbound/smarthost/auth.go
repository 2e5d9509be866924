package smarthost

import (
	"encoding/base64"
	"fmt"
	"slices"

	"pillarbox/appliance/remote/flatjson"
)

// maxInitial is how long a command with an initial response may be, in octets. Servers with short
// command lines answer a longer one with "500 line too long", and Exchange closes the connection;
// without an initial response the secret is a line of its own, which may have 12288 octets.
const maxInitial = 400

// maxChallenges bounds an exchange with a server that always sends another one.
const maxChallenges = 8

// logIn tries the mechanisms that the server offers, the best one first. Only if the server
// does not know a mechanism the next one is tried: a password that is refused once is not sent
// again, because providers lock accounts out.
func (s *Session) logIn() error {
	if !s.secure {
		return ErrNoTLS
	}
	tried := false
	var refused *Refusal
	for _, kind := range mechanisms {
		if kind.token != (s.options.Login.Token != "") || !slices.Contains(s.offers.Mechanisms, kind.name) {
			continue
		}
		tried = true
		reply, err := s.exchange(kind.name, kind.start(s.options.Login))
		switch {
		case err != nil:
			return fmt.Errorf("AUTH %s: %w", kind.name, err)
		case reply.Code == 235:
			return nil
		}
		refused = &Refusal{"AUTH " + kind.name, reply}
		if reply.Code != 504 && reply.Code != 500 && reply.Code != 502 {
			break
		}
	}
	switch {
	case !tried:
		return fmt.Errorf("%w: it offers %q", ErrMechanism, s.offers.Mechanisms)
	case refused.Reply.Permanent():
		return fmt.Errorf("%w: %w", ErrLogin, refused)
	}
	return refused
}

// exchange runs one mechanism and returns the reply that ended it.
func (s *Session) exchange(name string, m mechanism) (Reply, error) {
	command := "AUTH " + name
	first, err := m.next(nil)
	if err != nil {
		return Reply{}, err
	}
	initial := first != nil && len(command)+1+base64.StdEncoding.EncodedLen(len(first)) <= maxInitial
	if initial {
		command += " " + encode(first)
	}
	reply, err := s.line.ask(command, s.timeouts.Command)
	sent := initial || first == nil
	for n := 0; err == nil && reply.Code == 334; n++ {
		if n == maxChallenges {
			return Reply{}, fmt.Errorf("%w: more than %d challenges", ErrProtocol, maxChallenges)
		}
		response := first
		if sent {
			response, err = s.respond(m, reply)
		}
		sent = true
		if err != nil {
			return s.cancel(err)
		}
		reply, err = s.line.ask(base64.StdEncoding.EncodeToString(response), s.timeouts.Command)
	}
	if err == nil && reply.Code == 235 {
		err = m.accepted()
	}
	if f, ok := m.(*fixed); ok && err == nil && f.why != "" { // said in a challenge
		reply.Lines = append(reply.Lines, "("+f.why+")")
	}
	return reply, err
}

// respond returns the response to a challenge.
func (s *Session) respond(m mechanism, reply Reply) ([]byte, error) {
	text := ""
	if len(reply.Lines) == 1 {
		text = reply.Lines[0]
	}
	challenge, err := base64.StdEncoding.DecodeString(text)
	if err != nil {
		return nil, fmt.Errorf("%w: a challenge that is not base64", ErrProtocol)
	}
	return m.next(challenge)
}

// cancel ends an exchange that the client gives up (RFC 4954 section 4).
func (s *Session) cancel(why error) (Reply, error) {
	s.line.ask("*", s.timeouts.Command) // the session is over in any case
	return Reply{}, why
}

// encode returns an initial response; "=" stands for an empty one.
func encode(response []byte) string {
	if len(response) == 0 {
		return "="
	}
	return base64.StdEncoding.EncodeToString(response)
}

// A mechanism is the client's side of one exchange (RFC 4422).
type mechanism interface {
	// next returns the response to a challenge. The first call has a nil challenge and returns the
	// initial response, or nil if the server speaks first.
	next(challenge []byte) ([]byte, error)
	// accepted is called when the server reports success. Its error means that the server did not
	// prove that it knows the password.
	accepted() error
}

// mechanisms are all that the client speaks, the best one of each kind first.
var mechanisms = [...]struct {
	name  string
	token bool // it takes an access token, otherwise a password
	start func(Login) mechanism
}{
	{"XOAUTH2", true, func(l Login) mechanism {
		return &fixed{
			first:  []byte("user=" + l.User + "\x01auth=Bearer " + l.Token + "\x01\x01"),
			failed: []byte{},
		}
	}},
	{"OAUTHBEARER", true, func(l Login) mechanism { // RFC 7628
		return &fixed{
			first:  []byte("n,a=" + saslName(l.User) + ",\x01auth=Bearer " + l.Token + "\x01\x01"),
			failed: []byte{1},
		}
	}},
	{"SCRAM-SHA-256", false, func(l Login) mechanism { return newScram(l.User, l.Password) }},
	{"PLAIN", false, func(l Login) mechanism { // RFC 4616
		return &fixed{first: []byte("\x00" + l.User + "\x00" + l.Password)}
	}},
	{"LOGIN", false, func(l Login) mechanism {
		return &prompted{answers: [][]byte{[]byte(l.User), []byte(l.Password)}}
	}},
}

// fixed is a mechanism of one message. A server that refuses an access token explains itself in a
// challenge, and the client must answer it before the server sends the error code.
type fixed struct {
	first, failed []byte
	begun         bool
	why           string // the server refuses
}

func (f *fixed) next(challenge []byte) ([]byte, error) {
	if !f.begun {
		f.begun = true
		return f.first, nil
	}
	if f.failed == nil {
		return nil, fmt.Errorf("%w: a challenge that the mechanism does not have", ErrProtocol)
	}
	f.why = flatjson.Refusal(challenge)
	return f.failed, nil
}

func (f *fixed) accepted() error { return nil }

// prompted is LOGIN: the server asks for the name and then for the password. What its prompts say
// differs from server to server.
type prompted struct {
	answers [][]byte
	begun   bool
}

func (p *prompted) next([]byte) ([]byte, error) {
	if !p.begun {
		p.begun = true
		return nil, nil
	}
	if len(p.answers) == 0 {
		return nil, fmt.Errorf("%w: a third question of LOGIN", ErrProtocol)
	}
	answer := p.answers[0]
	p.answers = p.answers[1:]
	return answer, nil
}

func (p *prompted) accepted() error { return nil }
