package sasl

import "bytes"

// NewLogin returns one LOGIN exchange: the user name, then the password, each asked
// for by a challenge. The prompts are the two that every client knows; old ones compare them.
// An initial response is the user name.
func NewLogin(check Check) Mechanism { return &login{check: check} }

type login struct {
	check    Check
	prompted bool   // "Username:" was sent, or a name came without it
	user     string // "" until it came
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
