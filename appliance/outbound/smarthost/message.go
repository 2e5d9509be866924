package smarthost

import (
	"errors"
	"io"
)

// A Message is what Send hands over.
type Message struct {
	From       string // reverse-path without brackets; "" for the null reverse-path
	Octets     int64  // as SIZE counts them
	UTF8       bool   // the header has characters beyond ASCII (RFC 6531)
	Return     string // RET of a delivery report: "FULL", "HDRS" or ""
	EnvelopeID string // ENVID, plain; "" for none
	To         []Recipient

	// Body returns the wire form of the message, CRLF.CRLF included, and its length in stored
	// octets. It is called once for each transaction.
	Body func() (io.Reader, int64, error)
}

// A Recipient is one forward-path with its wishes for delivery reports (RFC 3461).
type Recipient struct {
	Address  string // without brackets
	Notify   string // "NEVER", or of "SUCCESS,FAILURE,DELAY"; "" for no wish
	Original string // ORCPT, "rfc822;anna@example.org", plain; "" for none
}

// An Outcome is what became of a message for one recipient.
type Outcome uint8

const (
	Deferred Outcome = iota // not accepted: try again later
	Sent                    // accepted
	Failed                  // refused for good
	InDoubt                 // the final dot was sent, and no reply came
)

// String returns the word of the log.
func (o Outcome) String() string {
	return [...]string{"deferred", "sent", "failed", "in doubt"}[o]
}

// A Result is what became of a message for one recipient, and the reply that decided it. The zero
// Reply means that there was none: the session broke.
type Result struct {
	Outcome Outcome
	Reply   Reply
	// Noticed reports that the server was asked for delivery reports, and so sends those that the
	// sender wants of what happens from here on.
	Noticed bool
	// Whole reports that the reply was to MAIL, DATA or the final dot: it is about the message or
	// the session, not about this recipient. With InDoubt it reports that the transaction of this
	// recipient did end in doubt, with all of those that share it; else only that it may have.
	Whole bool
}

// errBody wraps an error of Message.Body, which breaks the session if it comes inside of DATA.
type errBody struct{ err error }

func (e errBody) Error() string { return "reading the message: " + e.err.Error() }
func (e errBody) Unwrap() error { return e.err }

// IsBody reports whether an error of Send came from the message, not from the server.
func IsBody(err error) bool { return errors.As(err, new(errBody)) }

// local returns a permanent result that this side decides, as a server would tell it.
func local(code int, enhanced, text string) Result {
	return Result{Outcome: Failed, Reply: Reply{code, enhanced, []string{text}}, Whole: true}
}
