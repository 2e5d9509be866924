package pop3

// A refusal is an -ERR reply as a value: a command that returns one has said nothing.
type refusal struct {
	code string // the extended response code (RFC 2449 §8, RFC 3206), "" for none
	text string // for a person
	then consequence
}

// A consequence is what a refusal costs.
type consequence uint8

const (
	goesOn  consequence = iota
	counted             // a command that makes no sense: a bounded number of them ends the session
	failed              // a login that went wrong: the same
	ends                // nothing more can be understood: the session ends
)

// Error returns the text: a session that ended by a refusal logs it.
func (r *refusal) Error() string { return "pop3: " + r.text }

// Every refusal has a name. None of them repeats what the client sent.
var (
	// of a line
	refuseLong    = &refusal{text: "line too long", then: ends}
	refuseNUL     = &refusal{text: "zero octet in a command", then: ends}
	refuseBareLF  = &refusal{text: "lines end in CR LF", then: counted}
	refuseForeign = &refusal{text: "this is POP3", then: ends}

	// of a command
	refuseUnknown   = &refusal{text: "unknown command", then: counted}
	refuseArguments = &refusal{text: "wrong arguments", then: counted}
	refuseLogin     = &refusal{text: "log in first", then: counted}
	refuseLoggedIn  = &refusal{text: "you are logged in", then: counted}
	refuseUser      = &refusal{text: "USER comes first", then: counted}

	// of a message number
	refuseNumber  = &refusal{text: "not a message number", then: counted}
	refuseZero    = &refusal{text: "messages are counted from one"}
	refuseBig     = &refusal{text: "no such message"}
	refuseDeleted = &refusal{text: "the message is marked as deleted"}

	// of another language
	refuseUTF8     = &refusal{code: "UTF8", text: "the header is too large to be written without UTF8"}
	refuseLanguage = &refusal{text: "i-default replies are in English alone"}

	// of a login
	refuseAuth      = &refusal{code: "AUTH", text: "wrong user name or password", then: failed}
	refusePlaintext = &refusal{text: "no password without TLS here: switch on STLS, STARTTLS or SSL/TLS"}
	refuseInUse     = &refusal{code: "IN-USE", text: "another session has this maildrop open"}
	refuseDelay     = &refusal{code: "LOGIN-DELAY", text: "you were here just now, come again later"}
	refuseMechanism = &refusal{text: "unknown mechanism", then: counted}
	refuseBase64    = &refusal{text: "not base64", then: counted}
	refuseMalformed = &refusal{text: "malformed response", then: counted}
	refuseBinding   = &refusal{text: "the login is not bound to this connection", then: failed}
	refuseCancelled = &refusal{text: "cancelled", then: counted}
	refuseTLS       = &refusal{text: "TLS is active already", then: counted}
	refuseHaste     = &refusal{text: "nothing may follow STLS before its answer", then: ends}
	refuseNoTLS     = &refusal{text: "no TLS here", then: counted}

	// of the store
	refuseTemporary = &refusal{code: "SYS/TEMP", text: "the box cannot do this now, try again later"}
	refuseExpunge   = &refusal{code: "SYS/TEMP", text: "nothing was deleted, try again later", then: ends}
	refuseGone      = &refusal{text: "another session deleted the message"}
	refuseDamaged   = &refusal{code: "SYS/PERM", text: "the stored message is damaged"}
)
