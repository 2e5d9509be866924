// Package flatjson reads the members of a JSON object (RFC 8259) whose values are strings, numbers,
// or true and false: the answers of OAuth servers, and the challenges by which mail servers refuse
// an access token, have no others that matter.
//
// It is no encoding/json, whose decoder adds more to the program than all of this login does. It
// reads what a stranger sends, so that every text ends in fields or in an error (FuzzFields).
//
// # Invariants
//
//	J1  A text that is not one JSON object, with nothing behind it, is an error.
//	J2  Members whose values are objects, lists or null are read and left out.
//	J3  Values are nested 16 deep at most, and 64 members are kept at most.
package flatjson

import (
	"errors"
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

const (
	mostDepth  = 16
	mostFields = 64
)

var errText = errors.New("it is not a JSON object")

// Fields returns the members of an object. A number is returned as it is written. Of two members
// with one name the later one counts.
func Fields(text []byte) (map[string]string, error) {
	r := &reader{rest: string(text)}
	fields := map[string]string{}
	r.space()
	r.object(0, func(name, value string, flat bool) {
		if _, known := fields[name]; flat && (known || len(fields) < mostFields) {
			fields[name] = value
		}
	})
	r.space()
	if r.bad || r.rest != "" {
		return nil, errText
	}
	return fields, nil
}

// A reader reads from the beginning of rest. After the first fault bad is set, and nothing more is
// read.
type reader struct {
	rest string
	bad  bool
}

func (r *reader) space() { r.rest = strings.TrimLeft(r.rest, " \t\r\n") }

// next reads one octet if it is c.
func (r *reader) next(c byte) bool {
	if r.bad || r.rest == "" || r.rest[0] != c {
		return false
	}
	r.rest = r.rest[1:]
	return true
}

// must reads one octet, which has to be c.
func (r *reader) must(c byte) {
	if !r.next(c) {
		r.bad = true
	}
}

// list reads what is between two brackets, by commas.
func (r *reader) list(open, end byte, one func()) {
	r.must(open)
	r.space()
	if r.next(end) {
		return
	}
	for !r.bad {
		r.space()
		one()
		r.space()
		if r.next(end) {
			return
		}
		r.must(',')
	}
}

func (r *reader) object(depth int, each func(name, value string, flat bool)) {
	r.list('{', '}', func() {
		name := r.string()
		r.space()
		r.must(':')
		r.space()
		value, flat := r.value(depth + 1)
		if !r.bad {
			each(name, value, flat)
		}
	})
}

// value reads one value; flat says that it is no object, no list and not null.
func (r *reader) value(depth int) (value string, flat bool) {
	if depth > mostDepth || r.rest == "" {
		r.bad = true
	}
	if r.bad {
		return "", false
	}
	switch r.rest[0] {
	case '{':
		r.object(depth, func(string, string, bool) {})
		return "", false
	case '[':
		r.list('[', ']', func() { r.value(depth + 1) })
		return "", false
	case '"':
		return r.string(), true
	}
	word := r.rest[:len(r.rest)-len(strings.TrimLeft(r.rest, "+-.0123456789abcdefghijklmnopqrstuvwxyzE"))]
	r.rest = r.rest[len(word):]
	if word == "true" || word == "false" || word == "null" {
		return word, word != "null"
	}
	if _, err := strconv.ParseFloat(word, 64); err != nil || strings.TrimLeft(word[:1], "-0123456789") != "" {
		r.bad = true
	}
	return word, true
}

// string reads a string with its quotes.
func (r *reader) string() string {
	r.must('"')
	var b strings.Builder
	for !r.bad {
		at := strings.IndexFunc(r.rest, func(c rune) bool { return c == '"' || c == '\\' || c < ' ' })
		if at < 0 || r.rest[at] < ' ' {
			break
		}
		b.WriteString(r.rest[:at])
		quote := r.rest[at] == '"'
		r.rest = r.rest[at+1:]
		if quote {
			return b.String()
		}
		b.WriteRune(r.escape())
	}
	r.bad = true
	return ""
}

// escape reads what is behind a backslash.
func (r *reader) escape() rune {
	if r.rest == "" {
		r.bad = true
		return 0
	}
	c := r.rest[0]
	r.rest = r.rest[1:]
	if c == 'u' {
		first := r.hex()
		if utf16.IsSurrogate(first) && strings.HasPrefix(r.rest, `\u`) {
			before := r.rest
			r.rest = r.rest[2:]
			if both := utf16.DecodeRune(first, r.hex()); both != utf8.RuneError {
				return both
			}
			r.rest = before
		}
		return first
	}
	const from, to = `"\/bfnrt`, "\"\\/\b\f\n\r\t"
	at := strings.IndexByte(from, c)
	if at < 0 {
		r.bad = true
		return 0
	}
	return rune(to[at])
}

// hex reads four hexadecimal digits.
func (r *reader) hex() rune {
	if len(r.rest) < 4 {
		r.bad = true
		return 0
	}
	n, err := strconv.ParseUint(r.rest[:4], 16, 16)
	if err != nil {
		r.bad = true
	}
	r.rest = r.rest[4:]
	return rune(n)
}

// Refusal returns in words why a server refuses an access token: its last challenge is a JSON
// object in XOAUTH2 and in OAUTHBEARER (RFC 7628 §3.2.2). "" if the challenge is none.
func Refusal(challenge []byte) string {
	fields, err := Fields(challenge)
	if err != nil {
		return ""
	}
	var words []string
	switch status := fields["status"]; status {
	case "":
	case "invalid_token":
		words = append(words, "the access token has expired or was withdrawn")
	case "insufficient_scope":
		words = append(words, "the access token is not for mail")
	default:
		words = append(words, "status "+printable(status))
	}
	if scope := fields["scope"]; scope != "" {
		words = append(words, "the scope "+printable(scope)+" is needed")
	}
	return strings.Join(words, ", ")
}

// printable returns at most 200 octets of a text, without those that are no printable ASCII.
func printable(text string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' || r > '~' {
			return '?'
		}
		return r
	}, text[:min(len(text), 200)])
}
