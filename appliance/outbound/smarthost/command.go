package smarthost

import (
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"
)

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
