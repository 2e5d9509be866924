package pop3

import (
	"context"

	"pillarbox/pop3/wire"
)

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
