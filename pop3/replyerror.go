package pop3

// A replyError is an -ERR reply as a value. A command that returns one has gathered no reply.
type replyError struct {
	code string // the extended response code (RFC 2449 §8, RFC 3206), or ""
	text string // for people
	then consequence
}

// A consequence is what follows a reply error for the session.
type consequence uint8

const (
	continues   consequence = iota
	countsBad               // one of a limited number of invalid commands
	countsLogin             // one of a limited number of failed logins
	closes                  // the session ends, because the input cannot be interpreted any more
)

// Error returns the text, for the log of a session that this error has ended.
func (r *replyError) Error() string { return "pop3: " + r.text }

// All reply errors. None of them repeats what the client sent.
var (
	// for a line
	replyLong    = &replyError{text: "line too long", then: closes}
	replyNUL     = &replyError{text: "zero octet in a command", then: closes}
	replyBareLF  = &replyError{text: "lines must end in CR LF", then: countsBad}
	replyForeign = &replyError{text: "this is POP3", then: closes}

	// for a command
	replyUnknown   = &replyError{text: "unknown command", then: countsBad}
	replyArguments = &replyError{text: "wrong arguments", then: countsBad}
	replyLogin     = &replyError{text: "log in first", then: countsBad}
	replyLoggedIn  = &replyError{text: "already logged in", then: countsBad}
	replyUser      = &replyError{text: "USER comes first", then: countsBad}

	// for a message number
	replyNumber  = &replyError{text: "not a message number", then: countsBad}
	replyZero    = &replyError{text: "message numbers begin at 1"}
	replyBig     = &replyError{text: "no such message"}
	replyDeleted = &replyError{text: "the message is marked as deleted"}

	// for a language
	replyLanguage = &replyError{text: "i-default replies are available in English only"}

	// for a login
	replyAuth      = &replyError{code: "AUTH", text: "wrong user name or password", then: countsLogin}
	replyPlaintext = &replyError{text: "passwords require TLS: enable STLS, STARTTLS or SSL/TLS in the mail client"}
	replyInUse     = &replyError{code: "IN-USE", text: "another session has this maildrop open"}
	replyDelay     = &replyError{code: "LOGIN-DELAY", text: "too soon after the last login, try again later"}
	replyMechanism = &replyError{text: "unknown mechanism", then: countsBad}
	replyBase64    = &replyError{text: "not base64", then: countsBad}
	replyMalformed = &replyError{text: "malformed response", then: countsBad}
	replyBinding   = &replyError{text: "the login is not bound to this connection", then: countsLogin}
	replyCancelled = &replyError{text: "cancelled", then: countsBad}
	replyTLS       = &replyError{text: "TLS is already active", then: countsBad}
	replyPipelined = &replyError{text: "commands must not be pipelined after STLS", then: closes}
	replyNoTLS     = &replyError{text: "TLS is not available", then: countsBad}

	// for the store
	replyTemporary = &replyError{code: "SYS/TEMP", text: "temporarily unavailable, try again later"}
	replyExpunge   = &replyError{code: "SYS/TEMP", text: "nothing was deleted, try again later", then: closes}
	replyGone      = &replyError{text: "another session deleted the message"}
	replyDamaged   = &replyError{code: "SYS/PERM", text: "the stored message is damaged"}
)
