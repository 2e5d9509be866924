package login

import (
	"slices"

	"pillarbox/appliance/remote/session"
)

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
