package smarthost

import (
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"unicode/utf8"
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
	// sender requests of what happens from here on.
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

// mailCommand returns MAIL with the parameters that the server offers.
func (s *Session) mailCommand(m *Message, utf8Needed bool) string {
	line := "MAIL FROM:<" + m.From + ">"
	if s.offers.Size && m.Octets > 0 {
		line += " SIZE=" + strconv.FormatInt(m.Octets, 10)
	}
	if s.offers.EightBit {
		line += " BODY=8BITMIME" // true of a message in ASCII as well
	}
	if utf8Needed {
		line += " SMTPUTF8"
	}
	if s.offers.DSN && m.Return != "" {
		line += " RET=" + m.Return
	}
	if s.offers.DSN && m.EnvelopeID != "" {
		line += " ENVID=" + xtext(m.EnvelopeID)
	}
	return line
}

// rcptCommand returns RCPT with the parameters that the server offers.
func (s *Session) rcptCommand(r *Recipient) string {
	line := "RCPT TO:<" + r.Address + ">"
	if s.offers.DSN && r.Notify != "" {
		line += " NOTIFY=" + r.Notify
	}
	if s.offers.DSN && r.Original != "" {
		kind, address, _ := strings.Cut(r.Original, ";")
		line += " ORCPT=" + kind + ";" + xtext(address)
	}
	return line
}

// xtext encodes text as xtext (RFC 3461 section 4). Characters beyond ASCII stay as they are, which
// RFC 6533 section 3 allows where SMTPUTF8 is in use.
func xtext(text string) string {
	var b strings.Builder
	for i := range len(text) {
		if c := text[i]; c <= ' ' || c == 0x7F || c == '+' || c == '=' {
			fmt.Fprintf(&b, "+%02X", c)
		} else {
			b.WriteByte(c)
		}
	}
	return b.String()
}

// maxAddress is how long a path may be, in octets with its brackets (RFC 5321 section 4.5.3.1.3).
const maxAddress = 256

// isAddress reports whether text can stand between the brackets of a path: it adds no line and does
// not end the path. The receiver has parsed it before.
func isAddress(text string) bool {
	if len(text) > maxAddress-2 || !utf8.ValidString(text) {
		return false
	}
	quoted := false
	for i := 0; i < len(text); i++ {
		switch c := text[i]; {
		case c < ' ', c == 0x7F:
			return false
		case quoted && c == '\\':
			i++
		case c == '"':
			quoted = !quoted
		case !quoted && (c == '<' || c == '>' || c == ' '):
			return false
		}
	}
	return !quoted
}

// isOriginal reports whether text can be the argument of ORCPT: a type and an address.
func isOriginal(text string) bool {
	kind, address, ok := strings.Cut(text, ";")
	return text == "" || ok && kind != "" && address != "" && strings.Trim(kind, atomCharacters) == "" && utf8.ValidString(address)
}

const atomCharacters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-"

func isASCII(s string) bool {
	for i := range len(s) {
		if s[i] >= utf8.RuneSelf {
			return false
		}
	}
	return true
}
