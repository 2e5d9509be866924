package pop3

import (
	"bytes"
	"context"

	"pillarbox/pop3/wire"
)

// A kind is what may follow a verb.
type kind uint8

const (
	noArgument     kind = iota
	oneOrMore           // words
	anything            // all that follows the first blank, blanks included, or nothing
	number              // a message
	numberAndLines      // a message, and a number of lines
)

// A command is one row of the table.
type command struct {
	verb     string
	in       state // the states that accept it
	argument kind
	does     func(*session, context.Context, argument) error
	then     state // the state after it
}

// name returns the verb, or "" for no command.
func (c *command) name() string {
	if c == nil {
		return ""
	}
	return c.verb
}

// commands is the whole protocol. If a verb has several rows, the one that fits the state and the
// argument is used.
var commands = [...]command{
	// verb, accepted in, argument, does, then

	// in all states
	{"CAPA", anytime, noArgument, (*session).capa, unchanged}, // RFC 2449 §5

	{"LANG", anytime, noArgument, (*session).langList, unchanged}, // RFC 6856 §3
	{"LANG", anytime, oneOrMore, (*session).lang, unchanged},

	// AUTHORIZATION (RFC 1939 §4 and §7, RFC 2595 §4, RFC 5034 §4; AUTH alone is from RFC 1734)
	{"STLS", anonymous, noArgument, (*session).stls, authorization},
	{"USER", anonymous, oneOrMore, (*session).userName, named},
	{"PASS", named, anything, (*session).pass, transaction},
	{"AUTH", anonymous, noArgument, (*session).authMechanisms, unchanged},
	{"AUTH", anonymous, oneOrMore, (*session).auth, transaction},
	{"UTF8", anonymous, noArgument, (*session).utf8On, unchanged}, // RFC 6856 §2
	{"QUIT", anonymous, noArgument, (*session).bye, update},

	// TRANSACTION (RFC 1939 §5 to §7)
	{"STAT", transaction, noArgument, inTransaction((*openMaildrop).stat), unchanged},
	{"LIST", transaction, noArgument, inTransaction((*openMaildrop).list), unchanged},
	{"LIST", transaction, number, inTransaction((*openMaildrop).listOne), unchanged},
	{"UIDL", transaction, noArgument, inTransaction((*openMaildrop).uidl), unchanged},
	{"UIDL", transaction, number, inTransaction((*openMaildrop).uidlOne), unchanged},
	{"RETR", transaction, number, inTransaction((*openMaildrop).retr), unchanged},
	{"TOP", transaction, numberAndLines, inTransaction((*openMaildrop).top), unchanged},
	{"DELE", transaction, number, inTransaction((*openMaildrop).dele), unchanged},
	{"RSET", transaction, noArgument, inTransaction((*openMaildrop).rset), unchanged},
	{"NOOP", transaction, noArgument, inTransaction((*openMaildrop).noop), unchanged},
	{"QUIT", transaction, noArgument, (*session).quit, update},
}

// foreign are the verbs of protocols that a web page can make a browser send to this port. They end
// the session, so that nothing that follows is executed as a command.
var foreign = [...]string{"GET", "POST", "PUT", "HEAD", "PATCH", "DELETE",
	"OPTIONS", "CONNECT", "TRACE", "PRI"}

// parse returns the command of a line in the current state, and its argument.
func (s *session) parse(line []byte) (*command, argument, error) {
	verb, text, _ := bytes.Cut(line, blank)
	c, err := find(verb, text, s.state)
	if err != nil {
		return nil, argument{}, err
	}
	a, err := s.argument(c.argument, text)
	return c, a, err
}

// find returns the row for a verb in any letter case.
func find(verb, text []byte, in state) (*command, error) {
	refused := replyUnknown
	for i := range commands {
		c := &commands[i]
		switch {
		case !wire.EqualFold(verb, c.verb):
		case c.in&in != 0 && fits(c.argument, text):
			return c, nil
		case c.in&in != 0:
			refused = replyArguments
		case refused == replyUnknown:
			refused = misplaced(c, in)
		}
	}
	for _, f := range foreign {
		if wire.EqualFold(verb, f) {
			return nil, replyForeign
		}
	}
	return nil, refused
}

// misplaced returns the reply error for a command that a state does not accept.
func misplaced(c *command, in state) *replyError {
	switch {
	case in == transaction:
		return replyLoggedIn
	case c.in == named:
		return replyUser
	}
	return replyLogin
}

// fits reports whether text can be an argument of the kind.
func fits(k kind, text []byte) bool {
	if k == anything {
		return true
	}
	return (k == noArgument) == (len(bytes.Trim(text, " ")) == 0)
}

// argument returns the argument in the text after the verb, or a reply error.
func (s *session) argument(k kind, text []byte) (argument, error) {
	switch k {
	case anything:
		return argument{text: text}, nil
	case oneOrMore:
		return argument{text: bytes.Trim(text, " ")}, nil
	case number:
		n, err := s.maildrop.message(bytes.Trim(text, " "))
		return argument{n: n}, err
	case numberAndLines:
		first, second, _ := bytes.Cut(bytes.Trim(text, " "), blank)
		lines, ok := parseNumber(bytes.TrimLeft(second, " "))
		if !ok {
			return argument{}, replyArguments
		}
		n, err := s.maildrop.message(first)
		return argument{n: n, lines: lines}, err
	}
	return argument{}, nil
}

// inTransaction makes a command of a session from one that needs the open maildrop only.
func inTransaction(f func(*openMaildrop, argument) error) func(*session, context.Context, argument) error {
	return func(s *session, _ context.Context, a argument) error { return f(&s.maildrop, a) }
}

// utf8On makes the server send messages as they are stored, with UTF-8 in the header (RFC 6856 §2).
// STLS resets it, like all that was said before.
func (s *session) utf8On(context.Context, argument) error {
	s.utf8 = true
	s.conn.Say("+OK UTF8")
	return nil
}

// A language is an argument that LANG accepts.
type language struct {
	tag  string // in lower case
	name string // in the language itself
}

// languages are those of the replies: one, which is also the default (RFC 2277 §4.5).
var languages = [...]language{
	{"i-default", "Default language"},
	{"en", "English"},
}

// langList lists the languages (RFC 6856 §3).
func (s *session) langList(context.Context, argument) error {
	s.conn.Say("+OK languages")
	for _, l := range languages {
		s.conn.Say(l.tag + " " + l.name)
	}
	s.conn.Say(".")
	return nil
}

// lang selects a language: "*" is the server's choice, and "en-GB" selects "en" (RFC 4647 §3.4). It
// changes nothing, because there is one.
func (s *session) lang(_ context.Context, a argument) error {
	tag := a.text
	if string(tag) == "*" {
		tag = []byte(languages[0].tag)
	}
	for _, l := range languages {
		if covers(l.tag, tag) {
			s.conn.Say("+OK " + l.tag + " replies are in English")
			return nil
		}
	}
	return replyLanguage
}

// covers reports whether a language range is a tag or a more specific one.
func covers(tag string, wanted []byte) bool {
	if len(wanted) < len(tag) || len(wanted) > len(tag) && wanted[len(tag)] != '-' {
		return false
	}
	return wire.EqualFold(wanted[:len(tag)], tag)
}
