package smarthost

import (
	"fmt"

	"pillarbox/appliance/remote/flatjson"
)

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
// challenge, which wants the response failed before the error code comes.
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
