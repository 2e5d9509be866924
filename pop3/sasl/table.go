package sasl

import "slices"

// Questions are what the mechanisms ask of the server that runs an exchange.
type Questions struct {
	// Password verifies a password (PLAIN, LOGIN).
	Password Check
	// Secret returns what is kept of a user's password (SCRAM), and something of the same
	// look for a user whom nobody knows, the same each time. nil: there is no SCRAM.
	Secret func(user string) Secret
	// Proof verifies a proof, against what is kept of the user's password (SCRAM). It is
	// asked for unknown users too, so that it can count and delay as Password does.
	Proof func(user string, p Proof) error
	// Binding is the tls-exporter value of the connection (RFC 9266); nil: there is none.
	Binding []byte
}

// A Kind is a mechanism as AUTH names it.
type Kind struct {
	// Name is the registered name, in capitals.
	Name string
	// Binds: the login is bound to the connection, which the client's program has to support too.
	Binds bool
	needs func(Questions) bool
	start func(Questions) Mechanism
}

// kinds are all mechanisms, best first.
var kinds = [...]Kind{
	{"SCRAM-SHA-256-PLUS", true, canBind, func(q Questions) Mechanism { return newScram(q, true) }},                     // RFC 7677
	{"SCRAM-SHA-256", false, hasSecrets, func(q Questions) Mechanism { return newScram(q, false) }},                     // RFC 7677
	{"PLAIN", false, func(Questions) bool { return true }, func(q Questions) Mechanism { return NewPlain(q.Password) }}, // RFC 4616
	{"LOGIN", false, func(Questions) bool { return true }, func(q Questions) Mechanism { return NewLogin(q.Password) }}, // draft-murchison-sasl-login
}

func hasSecrets(q Questions) bool { return q.Secret != nil && q.Proof != nil }

func canBind(q Questions) bool { return hasSecrets(q) && q.Binding != nil }

// Kinds returns the mechanisms that q can answer, best first.
func Kinds(q Questions) []Kind {
	able := make([]Kind, 0, len(kinds))
	for _, k := range kinds {
		if k.needs(q) {
			able = append(able, k)
		}
	}
	return able
}

// Unbound returns the mechanisms of Kinds that do not bind when some do, else nil. They are announced
// once more, behind all: mutt (with GNU SASL) knows SCRAM-SHA-256-PLUS by name, begins it, finds that it cannot bind,
// and tries nothing else. It believes the last list. Others add the lists up, or believe the first.
func Unbound(q Questions) []Kind {
	able := Kinds(q)
	all := len(able)
	able = slices.DeleteFunc(able, func(k Kind) bool { return k.Binds })
	if len(able) == all {
		return nil
	}
	return able
}

// Find returns the mechanism of a name in any letter case, if q can answer it.
func Find(name []byte, q Questions) (k Kind, ok bool) {
	for _, k := range kinds {
		if foldsTo(name, k.Name) {
			return k, k.needs(q)
		}
	}
	return Kind{}, false
}

// Start begins an exchange.
func (k Kind) Start(q Questions) Mechanism { return k.start(q) }

// foldsTo compares with a name in capitals; no other octet than an ASCII letter folds.
func foldsTo(name []byte, capitals string) bool {
	if len(name) != len(capitals) {
		return false
	}
	for i, c := range name {
		if 'a' <= c && c <= 'z' {
			c -= 'a' - 'A'
		}
		if c != capitals[i] {
			return false
		}
	}
	return true
}
