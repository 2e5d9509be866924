package pop3

import (
	"bytes"
	"context"
	"math"
)

// maxCommand is the length of the longest command, CRLF included (RFC 2449 §4).
const maxCommand = 255

// A state is where a session is (RFC 1939 §3). They are bits, so that a command can be
// accepted in several.
type state uint8

const (
	authorization state = 1 << iota
	named               // AUTHORIZATION, right after a USER: the only place for PASS (RFC 1939 §7)
	transaction
	update

	same      state = 0
	anonymous       = authorization | named
	anytime         = anonymous | transaction
)

// A kind is what a command takes behind its verb.
type kind uint8

const (
	none   kind = iota
	words       // one or more words
	rest        // everything behind the first blank, blanks and nothing included
	number      // a message
	prefix      // a message, and a number of lines
)

// An argument is what was behind a verb. A message number is 1…Len and not deleted.
type argument struct {
	n     int
	lines int64
	text  []byte // of words and rest; valid until the next line is read
}

// A command is one row of the table.
type command struct {
	verb     string
	in       state // where it is accepted
	argument kind
	does     func(*session, context.Context, argument) error
	then     state // where it leads; same: it stays
}

// commands is the whole protocol. A verb with several rows means the one that fits its state
// and argument.
var commands = [...]command{
	// verb, accepted in, argument, does, then

	// whenever
	{"CAPA", anytime, none, (*session).capa, same}, // RFC 2449 §5

	{"LANG", anytime, none, (*session).langList, same}, // RFC 6856 §3
	{"LANG", anytime, words, (*session).lang, same},

	// AUTHORIZATION (RFC 1939 §4 and §7, RFC 2595 §4, RFC 5034 §4; AUTH alone is from RFC 1734)
	{"STLS", anonymous, none, (*session).stls, authorization},
	{"USER", anonymous, words, (*session).userName, named},
	{"PASS", named, rest, (*session).pass, transaction},
	{"AUTH", anonymous, none, (*session).authMechanisms, same},
	{"AUTH", anonymous, words, (*session).auth, transaction},
	{"UTF8", anonymous, none, (*session).utf8On, same}, // RFC 6856 §2
	{"QUIT", anonymous, none, (*session).bye, update},

	// TRANSACTION (RFC 1939 §5 to §7)
	{"STAT", transaction, none, (*session).stat, same},
	{"LIST", transaction, none, (*session).list, same},
	{"LIST", transaction, number, (*session).listOne, same},
	{"UIDL", transaction, none, (*session).uidl, same},
	{"UIDL", transaction, number, (*session).uidlOne, same},
	{"RETR", transaction, number, (*session).retr, same},
	{"TOP", transaction, prefix, (*session).top, same},
	{"DELE", transaction, number, (*session).dele, same},
	{"RSET", transaction, none, (*session).rset, same},
	{"NOOP", transaction, none, (*session).noop, same},
	{"QUIT", transaction, none, (*session).quit, update},
}

// foreign are the verbs of protocols that a page in a browser can be made to speak to this
// port. They end the session, so that nothing behind them is taken for a command.
var foreign = [...]string{"GET", "POST", "PUT", "HEAD", "PATCH", "DELETE",
	"OPTIONS", "CONNECT", "TRACE", "PRI"}

// understand finds the command that a line means here, and its argument.
func (s *session) understand(line []byte) (*command, argument, error) {
	verb, text, _ := bytes.Cut(line, blank)
	c, err := find(verb, text, s.state)
	if err != nil {
		return nil, argument{}, err
	}
	a, err := s.argue(c.argument, text)
	return c, a, err
}

var blank = []byte{' '}

// find looks a verb up; letter case does not matter.
func find(verb, text []byte, in state) (*command, error) {
	refused := refuseUnknown
	for i := range commands {
		c := &commands[i]
		switch {
		case !equalFold(verb, c.verb):
		case c.in&in != 0 && fits(c.argument, text):
			return c, nil
		case c.in&in != 0:
			refused = refuseArguments
		case refused == refuseUnknown:
			refused = misplaced(c, in)
		}
	}
	for _, f := range foreign {
		if equalFold(verb, f) {
			return nil, refuseForeign
		}
	}
	return nil, refused
}

// misplaced says why a command is not accepted in a state.
func misplaced(c *command, in state) *refusal {
	switch {
	case in == transaction:
		return refuseLoggedIn
	case c.in == named:
		return refuseUser
	}
	return refuseLogin
}

// equalFold compares with an upper-case ASCII word; no other octet than an ASCII letter folds.
func equalFold(verb []byte, word string) bool {
	if len(verb) != len(word) {
		return false
	}
	for i, c := range verb {
		if 'a' <= c && c <= 'z' {
			c -= 'a' - 'A'
		}
		if c != word[i] {
			return false
		}
	}
	return true
}

// fits reports whether text can be an argument of that kind.
func fits(k kind, text []byte) bool {
	if k == rest {
		return true
	}
	return (k == none) == (len(bytes.Trim(text, " ")) == 0)
}

// argue makes the argument of what was behind the verb, or a refusal.
func (s *session) argue(k kind, text []byte) (argument, error) {
	switch k {
	case rest:
		return argument{text: text}, nil
	case words:
		return argument{text: bytes.Trim(text, " ")}, nil
	case number:
		n, err := s.message(bytes.Trim(text, " "))
		return argument{n: n}, err
	case prefix:
		first, second, _ := bytes.Cut(bytes.Trim(text, " "), blank)
		lines, ok := parseNumber(bytes.TrimLeft(second, " "))
		if !ok {
			return argument{}, refuseArguments
		}
		n, err := s.message(first)
		return argument{n: n, lines: lines}, err
	}
	return argument{}, nil
}

// message is the one gate from a word to a message: its number is 1…Len and it is not marked.
func (s *session) message(word []byte) (int, error) {
	n, ok := parseNumber(word)
	switch {
	case !ok:
		return 0, refuseNumber
	case n == 0:
		return 0, refuseZero
	case n > int64(s.mail.Len()):
		return 0, refuseBig
	case s.marks.has(int(n)):
		return 0, refuseDeleted
	}
	return int(n), nil
}

// parseNumber reads decimal digits, and nothing else. What is too big for an int64 is the
// biggest one.
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
