package sasl

import (
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
