package sasl

import "bytes"

// NewLogin returns one LOGIN exchange: a challenge for the user name, then one for the password.
// The prompts are those that all clients expect; old clients compare them. An initial response is
// the user name.
func NewLogin(check Check) Mechanism { return &login{check: check} }

type login struct {
	check    Check
	prompted bool   // "Username:" was sent, or a name arrived without it
	user     string // "" until it has arrived
	done     bool
}

func (l *login) Next(response []byte) ([]byte, bool, error) {
	switch {
	case l.done:
		return nil, true, ErrMalformed
	case response == nil && !l.prompted:
		l.prompted = true
		return []byte("Username:"), false, nil
	case l.user == "" && isUser(response):
		l.prompted = true
		l.user = string(response)
		return []byte("Password:"), false, nil
	case l.user == "", bytes.IndexByte(response, 0) >= 0:
		l.done = true
		return nil, true, ErrMalformed
	}
	l.done = true
	return nil, true, l.check(l.user, string(response))
}
