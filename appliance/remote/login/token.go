package login

import (
	"fmt"

	"pillarbox/appliance/remote/session"
)

// xoauth2 is the mechanism of Google and Microsoft. If the token is refused, the server sends the
// reason in JSON and waits for an empty response.
type xoauth2 struct {
	login    session.Login
	answered bool
}

func (x *xoauth2) Start() (string, []byte, error) {
	return "XOAUTH2", fmt.Appendf(nil, "user=%s\x01auth=Bearer %s\x01\x01", x.login.User, x.login.Secret), nil
}

func (x *xoauth2) Next([]byte) ([]byte, error) { return once(&x.answered, []byte{}) }

// bearer is OAUTHBEARER. A refusal is a challenge that is answered with a single 0x01.
type bearer struct {
	login    session.Login
	answered bool
}

func (b *bearer) Start() (string, []byte, error) {
	return "OAUTHBEARER", fmt.Appendf(nil, "n,a=%s,\x01auth=Bearer %s\x01\x01", saslName(b.login.User), b.login.Secret), nil
}

func (b *bearer) Next([]byte) ([]byte, error) { return once(&b.answered, []byte{1}) }

// once returns a response the first time: a server could ask without an end.
func once(answered *bool, response []byte) ([]byte, error) {
	if *answered {
		return nil, errUnexpected
	}
	*answered = true
	return response, nil
}
