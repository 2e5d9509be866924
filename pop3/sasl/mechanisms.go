package sasl

import (
	"bytes"
	"slices"

	"pillarbox/pop3/wire"
)

// A Kind is a mechanism as AUTH names it.
type Kind struct {
	// Name is the registered name, in upper case.
	Name string
	// Binds reports whether the login is bound to the connection, which the client has to support.
	Binds bool
	needs func(Questions) bool
	start func(Questions) Mechanism
}

// kinds are all mechanisms, best first.
var kinds = [...]Kind{
	// RFC 7677
	{"SCRAM-SHA-256-PLUS", true, canBind, func(q Questions) Mechanism { return newScram(q, true) }},
	// RFC 7677
	{"SCRAM-SHA-256", false, hasSecrets, func(q Questions) Mechanism { return newScram(q, false) }},
	// RFC 4616
	{"PLAIN", false, func(Questions) bool { return true }, func(q Questions) Mechanism { return &plain{ask: q} }},
	// draft-murchison-sasl-login
	{"LOGIN", false, func(Questions) bool { return true }, func(q Questions) Mechanism { return NewLogin(q.Password) }},
}

func hasSecrets(q Questions) bool { return q.Secret != nil && q.Proof != nil }

func canBind(q Questions) bool { return hasSecrets(q) && q.Binding != nil }

// Kinds returns the mechanisms for which q has what they need, best first.
func Kinds(q Questions) []Kind {
	able := make([]Kind, 0, len(kinds))
	for _, k := range kinds {
		if k.needs(q) {
			able = append(able, k)
		}
	}
	return able
}

// Unbound returns the mechanisms of Kinds that do not bind if some do, else nil. They are announced
// a second time, after all: mutt (with GNU SASL) starts SCRAM-SHA-256-PLUS if it finds the name,
// cannot bind, and tries no other mechanism. It uses the last list. Other clients use the first, or
// all of them.
func Unbound(q Questions) []Kind {
	able := Kinds(q)
	all := len(able)
	able = slices.DeleteFunc(able, func(k Kind) bool { return k.Binds })
	if len(able) == all {
		return nil
	}
	return able
}

// Find returns the mechanism of a name in any letter case. It reports whether q has what it needs.
func Find(name []byte, q Questions) (k Kind, ok bool) {
	for _, k := range kinds {
		if wire.EqualFold(name, k.Name) {
			return k, k.needs(q)
		}
	}
	return Kind{}, false
}

// Start begins an exchange.
func (k Kind) Start(q Questions) Mechanism { return k.start(q) }

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
