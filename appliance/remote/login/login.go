package login

import (
	"slices"

	"pillarbox/appliance/remote/session"
)

// A Mechanism is one exchange. It has the methods of a sasl.Client of go-sasl, so that an IMAP
// client takes it as it is.
type Mechanism interface {
	// Start returns the name and the initial response, nil for none.
	Start() (name string, response []byte, err error)
	// Next returns the response to a challenge. It returns an error if the exchange must end.
	Next(challenge []byte) (response []byte, err error)
}

// errUnexpected is returned for a challenge that the mechanism does not have.
var errUnexpected = session.Errorf(session.Protocol, "the server breaks the protocol: a challenge that the mechanism does not have")

// Choose returns the best mechanism of those that a server announces, in capital letters, or nil if
// there is none for the login.
func Choose(l session.Login, announced []string) Mechanism {
	has := func(name string) bool { return slices.Contains(announced, name) }
	switch {
	case l.Token && has("XOAUTH2"):
		return &xoauth2{login: l}
	case l.Token && has("OAUTHBEARER"):
		return &bearer{login: l}
	case l.Token:
		return nil
	case has("SCRAM-SHA-256"):
		return newScram(l)
	case has("PLAIN"):
		return &plain{login: l}
	case has("LOGIN"):
		return &asked{login: l}
	}
	return nil
}

// plain is PLAIN.
type plain struct {
	login session.Login
}

func (p *plain) Start() (string, []byte, error) {
	return "PLAIN", []byte("\x00" + p.login.User + "\x00" + p.login.Secret), nil
}

func (p *plain) Next([]byte) ([]byte, error) { return nil, errUnexpected }

// asked is LOGIN: the server asks for the user and then for the password, in words that differ.
type asked struct {
	login session.Login
	step  int
}

func (a *asked) Start() (string, []byte, error) { return "LOGIN", nil, nil }

func (a *asked) Next([]byte) ([]byte, error) {
	a.step++
	switch a.step {
	case 1:
		return []byte(a.login.User), nil
	case 2:
		return []byte(a.login.Secret), nil
	}
	return nil, errUnexpected
}
