package sendmail

import "strings"

const (
	// longestAddress is the longest address in octets (RFC 5321 section 4.5.3.1.3, without the
	// angle brackets).
	longestAddress = 254
	// mostUnclosed is how many unclosed quotes or brackets of one text are skipped one by one.
	// Each shows only at the end of the text, so that they cost their number times its length.
	mostUnclosed = 1000
)

// addresses returns the addresses in text, which is the value of a header field or an argument of
// the command line (RFC 5322 section 3.4), and an error for each part that is not an address: one
// bad address does not keep the message from the others. Comments, display names and the names of
// groups are left out. Addresses may also be separated by semicolons or by blanks, as smartd
// writes its lists, and need no domain: "root" is what most local programs write.
func addresses(text string) (found []string, bad []error) {
	var one scan
	start, unclosed := 0, 0 // start is where the part that is read begins
	end := func(i int) {
		some, errs := one.addresses(text[start:i])
		found, bad = append(found, some...), append(bad, errs...)
	}
	for i := 0; i <= len(text); i++ {
		c := byte(',') // ends the last part
		if i < len(text) {
			c = text[i]
		} else if one.open() {
			part := text[start:]
			unclosed++
			if comma := strings.IndexAny(part, ",;"); comma > 0 && unclosed <= mostUnclosed {
				part = part[:comma] // what follows may be an address
			}
			bad = append(bad, badAddress(part, "a quote or bracket is not closed"))
			start += len(part) + 1
			i, one = start-1, scan{}
			continue
		}
		switch {
		case one.closed && c == '<': // the comma before it is missing
			end(i)
			start, one = i, scan{}
			one.takes(c)
		case one.takes(c):
		case c == ',' || c == ';':
			end(i)
			start, one = i+1, scan{}
		case c == ':' && !one.closed && !one.at: // the name of a group was read
			start, one = i+1, scan{}
		case c == ':': // as in root@nas:25
			one.wrong = "a colon can only end the name of a group"
		default:
			one.at = one.at || c == '@'
			one.plain.WriteByte(c)
		}
	}
	return found, bad
}

// badAddress returns the error for a part of a text that is not an address.
func badAddress(part, why string) error {
	return fail(ExDataErr, "%.80q: Bad address syntax: %s", strings.TrimSpace(part), why)
}

// A scan is the state of the reader inside one part of a list.
type scan struct {
	quoted   bool   // inside quotes
	escaped  bool   // after a backslash
	comments int    // how many comments are open
	literal  bool   // inside an address literal
	angle    bool   // inside angle brackets
	closed   bool   // after them
	at       bool   // an "@" was read outside quotes and brackets
	wrong    string // why the part cannot be an address, "" if it can
	plain    strings.Builder
	inside   strings.Builder // the text in angle brackets
}

// open reports whether a quote or a bracket is not closed.
func (s *scan) open() bool { return s.quoted || s.literal || s.angle || s.comments > 0 }

// takes reads c and reports true if c belongs to the part whatever it is, or if it begins or ends
// a quote, a comment or a bracket.
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
		if s.literal = c != ']'; strings.IndexByte("\"<> ", c) >= 0 {
			s.wrong = "there is a quote, a blank or a bracket in its address literal"
		}
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

// addresses returns the addresses of a part that was read to its end: none if it is empty, the one
// in angle brackets, or one for each word.
func (s *scan) addresses(part string) (found []string, bad []error) {
	if s.wrong != "" {
		return nil, []error{badAddress(part, s.wrong)}
	}
	list := words(s.plain.String())
	if s.closed {
		if list = words(s.inside.String()); len(list) > 1 {
			return nil, []error{badAddress(part, "there are blanks in the address")}
		}
	}
	for _, address := range list {
		if why := wrongWith(address); why != "" {
			bad = append(bad, badAddress(address, why))
		} else {
			found = append(found, address)
		}
	}
	return found, bad
}

// words splits text at blanks outside quotes. Blanks beside "@" belong to the address.
func words(text string) (list []string) {
	var lex lexer
	start := 0
	end := func(i int) {
		word := text[start:i]
		last := len(list) - 1
		switch {
		case word == "":
		case last >= 0 && (word[0] == '@' || strings.HasSuffix(list[last], "@")):
			list[last] += word
		default:
			list = append(list, word)
		}
		start = i + 1
	}
	for i := range len(text) {
		if plain := lex.next(text[i]); plain && (text[i] == ' ' || text[i] == '\t') {
			end(i)
		}
	}
	end(len(text))
	return list
}

// wrongWith returns why address cannot be sent in a command, "" if it can.
func wrongWith(address string) string {
	var lex lexer
	for i := range len(address) {
		switch c, plain := address[i], lex.next(address[i]); {
		case c < ' ', c == 0x7F:
			return "there is a control character in it"
		case plain && (c == ' ' || c == '<' || c == '>'):
			return "there is a blank or a bracket in it"
		}
	}
	switch {
	case lex.quoted:
		return "a quote is not closed"
	case len(address) > longestAddress:
		return "it is too long"
	}
	return ""
}

// A lexer distinguishes quoted octets from others.
type lexer struct{ quoted, escaped bool }

// next reads an octet and reports whether it is outside quotes.
func (l *lexer) next(c byte) (plain bool) {
	plain = !l.quoted
	switch {
	case l.escaped:
		l.escaped = false
	case l.quoted && c == '\\':
		l.escaped = true
	case c == '"':
		l.quoted = !l.quoted
	}
	return plain
}
