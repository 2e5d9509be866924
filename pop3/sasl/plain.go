package sasl

import "bytes"

// NewPlain returns one PLAIN exchange (RFC 4616): a single response that holds the
// authorization identity, the user and the password, NUL between them.
func NewPlain(check Check) Mechanism { return &plain{ask: Questions{Password: check}} }

type plain struct {
	ask  Questions
	done bool
}

func (p *plain) Next(response []byte) ([]byte, bool, error) {
	if p.done {
		return nil, true, ErrMalformed
	}
	if response == nil {
		return []byte{}, false, nil
	}
	p.done = true
	authzid, rest, ok := bytes.Cut(response, nul)
	user, password, ok2 := bytes.Cut(rest, nul)
	if !ok || !ok2 || !isUser(user) || bytes.IndexByte(password, 0) >= 0 {
		return nil, true, ErrMalformed
	}
	if len(authzid) > maxUser || !p.ask.mayActAs(string(authzid), string(user)) {
		return nil, true, ErrAuthorization
	}
	return nil, true, p.ask.Password(string(user), string(password))
}

// nul is what separates the parts of a PLAIN response.
var nul = []byte{0}
