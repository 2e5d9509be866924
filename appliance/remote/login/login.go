package login

import (
	"errors"
	"fmt"
	"slices"

	"pillarbox/appliance/remote/flatjson"
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

// A refusal is what a server that refuses a token says before its reply: one challenge in JSON.
type refusal struct {
	heard bool
	why   string
}

// hear takes the challenge. A second one is no refusal.
func (r *refusal) hear(challenge []byte) error {
	if r.heard {
		return errUnexpected
	}
	r.heard, r.why = true, flatjson.Refusal(challenge)
	return nil
}

func (r *refusal) reason() string { return r.why }

// xoauth2 is the mechanism of Google and Microsoft. If the token is refused, the server sends the
// reason in JSON and waits for an empty response.
type xoauth2 struct {
	login session.Login
	refusal
}

func (x *xoauth2) Start() (string, []byte, error) {
	return "XOAUTH2", fmt.Appendf(nil, "user=%s\x01auth=Bearer %s\x01\x01", x.login.User, x.login.Secret), nil
}

func (x *xoauth2) Next(challenge []byte) ([]byte, error) { return []byte{}, x.hear(challenge) }

// bearer is OAUTHBEARER. A refusal is a challenge that is answered with a single 0x01.
type bearer struct {
	login session.Login
	refusal
}

func (b *bearer) Start() (string, []byte, error) {
	return "OAUTHBEARER", fmt.Appendf(nil, "n,a=%s,\x01auth=Bearer %s\x01\x01", saslName(b.login.User), b.login.Secret), nil
}

func (b *bearer) Next(challenge []byte) ([]byte, error) { return []byte{1}, b.hear(challenge) }

// Explain adds to the error of an exchange what the server said in its last challenge.
func Explain(m Mechanism, err error) error {
	with, ok := m.(interface{ reason() string })
	var e *session.Error
	if !ok || with.reason() == "" || !errors.As(err, &e) {
		return err
	}
	more := *e
	more.Text += " (" + with.reason() + ")"
	return &more
}
