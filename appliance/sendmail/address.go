package sendmail

import "strings"

// longestAddress is how long an address may be in octets (RFC 5321 §4.5.3.1.3, without the brackets).
const longestAddress = 254

// addresses returns who is named in text, a header field's or a word of the command line (RFC 5322 §3.4): bare names
// too, for "root" is what most local programs write. Comments, phrases and the names of groups are left out.
func addresses(text string) ([]string, error) {
	var found []string
	var one scan
	for i := 0; i <= len(text); i++ {
		c := byte(',') // what ends the last one
		if i < len(text) {
			c = text[i]
		}
		switch {
		case one.takes(c):
		case c == ',' || c == ';':
			address, err := one.address()
			if err != nil {
				return nil, err
			}
			if address != "" {
				found = append(found, address)
			}
			one = scan{}
		case c == ':':
			one = scan{} // that was the name of a group
		default:
			one.plain.WriteByte(c)
		}
	}
	if one.quoted || one.literal || one.comments > 0 || one.angle {
		return nil, fail(ExDataErr, "%.80q has a quote or a bracket that is not closed", text)
	}
	return found, nil
}

// A scan is where in one address the reader stands.
type scan struct {
	quoted   bool // inside of quotes
	escaped  bool // behind a backslash
	comments int  // so many comments are open
	literal  bool // inside of an address literal
	angle    bool // inside of angle brackets
	closed   bool // behind them
	plain    strings.Builder
	inside   strings.Builder // what stood in angle brackets
}

// takes reports whether c belongs to the address whatever it is, or begins or ends a part of it.
func (s *scan) takes(c byte) bool {
	to := &s.plain
	if s.angle {
		to = &s.inside
	}
	switch {
	case s.escaped:
		s.escaped = false
		if s.comments == 0 {
			to.WriteByte(c)
		}
	case s.comments > 0:
		switch c {
		case '\\':
			s.escaped = true
		case '(':
			s.comments++
		case ')':
			s.comments--
		}
	case s.quoted:
		to.WriteByte(c)
		s.escaped, s.quoted = c == '\\', c != '"'
	case s.literal:
		s.literal = c != ']'
		to.WriteByte(c)
	case c == '[':
		s.literal = true
		to.WriteByte(c)
	case c == '"':
		s.quoted = true
		to.WriteByte(c)
	case c == '(':
		s.comments++
	case c == '<' && !s.angle:
		s.angle = true
	case c == '>' && s.angle:
		s.angle, s.closed = false, true
	case s.angle:
		to.WriteByte(c)
	default:
		return false
	}
	return true
}

// address returns what was read, "" when it is nothing.
func (s *scan) address() (string, error) {
	if s.closed {
		return checkAddress(strings.TrimSpace(s.inside.String()))
	}
	return checkAddress(strings.TrimSpace(s.plain.String()))
}

// checkAddress returns the address if it can be said in a command.
func checkAddress(address string) (string, error) {
	quoted := false
	for i := range len(address) {
		switch c := address[i]; {
		case c == '"' && (i == 0 || address[i-1] != '\\'):
			quoted = !quoted
		case c < ' ', c == 0x7F, !quoted && (c == ' ' || c == '<' || c == '>'):
			return "", fail(ExDataErr, "%.80q is no address", address)
		}
	}
	if len(address) > longestAddress {
		return "", fail(ExDataErr, "%.80q… is too long for an address", address)
	}
	return address, nil
}
