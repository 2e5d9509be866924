package login

import (
	"errors"
	"fmt"

	"pillarbox/appliance/remote/flatjson"
	"pillarbox/appliance/remote/session"
)

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
