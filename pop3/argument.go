package pop3

import "math"

// maxCommand is the length of the longest command, CRLF included (RFC 2449 §4).
const maxCommand = 255

// A state is a state of a session (RFC 1939 §3). States are bits, because a command can be accepted
// in several.
type state uint8

const (
	authorization state = 1 << iota
	named               // AUTHORIZATION, in the line after USER: only here is PASS accepted (§7)
	transaction
	update

	unchanged state = 0
	anonymous       = authorization | named
	anytime         = anonymous | transaction
)

// An argument is what has followed a verb. A message number is 1…Len and not marked.
type argument struct {
	n     int
	lines int64
	text  []byte // of oneOrMore and anything; valid until the next line is read
}

var blank = []byte{' '}

// parseNumber parses decimal digits only. A number that is too large for an int64 becomes the
// largest int64.
func parseNumber(word []byte) (n int64, ok bool) {
	for _, c := range word {
		digit := int64(c) - '0'
		if digit < 0 || digit > 9 {
			return 0, false
		}
		if n > (math.MaxInt64-digit)/10 {
			n = math.MaxInt64
			continue
		}
		n = n*10 + digit
	}
	return n, len(word) > 0
}
