package pop3

import (
	"context"
	"io"

	"pillarbox/pop3/wire"
)

// utf8On lets mail be sent as it is stored, with UTF-8 in its header (RFC 6856 §2). It is
// forgotten at STLS, like all that was said before it.
func (s *session) utf8On(context.Context, argument) error {
	s.utf8 = true
	s.say("+OK UTF8")
	return nil
}

// A language is one that LANG knows.
type language struct {
	tag  string // in small letters
	name string // in itself
}

// languages are what replies are written in: one, which serves for the default too (RFC 2277 §4.5).
var languages = [...]language{
	{"i-default", "Default language"},
	{"en", "English"},
}

// langList lists the languages (RFC 6856 §3).
func (s *session) langList(context.Context, argument) error {
	s.say("+OK languages")
	for _, l := range languages {
		s.say(l.tag + " " + l.name)
	}
	s.say(".")
	return nil
}

// lang chooses a language: "*" is what the server likes best, and "en-GB" is served by "en"
// (RFC 4647 §3.4). Nothing changes, for there is one.
func (s *session) lang(_ context.Context, a argument) error {
	tag := a.text
	if string(tag) == "*" {
		tag = []byte(languages[0].tag)
	}
	for _, l := range languages {
		if speaks(tag, l.tag) {
			s.say("+OK " + l.tag + " replies are in English")
			return nil
		}
	}
	return refuseLanguage
}

// speaks reports whether a language range is a tag or more exact than it.
func speaks(wanted []byte, tag string) bool {
	if len(wanted) < len(tag) || len(wanted) > len(tag) && wanted[len(tag)] != '-' {
		return false
	}
	for i := range tag {
		c := wanted[i]
		if 'A' <= c && c <= 'Z' {
			c += 'a' - 'A'
		}
		if c != tag[i] {
			return false
		}
	}
	return true
}

// maxHeader is the largest header in octets that is rewritten. It is held in memory meanwhile.
const maxHeader = 64 << 10

// asciiHeader returns what to send in the place of the header of a message for a client that
// did not say UTF8, nil when it can be sent as it is: all of it is ASCII, or such as no standard
// knows.
func (s *session) asciiHeader(body Body) ([]byte, error) {
	if s.utf8 {
		return nil, nil
	}
	size := body.HeaderSize()
	s.roomFor(int(min(size, topPiece))) // one read is enough for most
	for at := int64(0); at < size; {
		piece, err := s.fill(body, at, size-at)
		if err != nil {
			return nil, err
		}
		if wire.EightBit(piece) {
			return s.rewritten(body)
		}
		at += int64(len(piece))
	}
	return nil, nil
}

// rewritten reads and rewrites a header.
func (s *session) rewritten(body Body) ([]byte, error) {
	size := body.HeaderSize()
	if size > maxHeader {
		return nil, refuseUTF8
	}
	header := make([]byte, size)
	if n, err := body.ReadAt(header, 0); n < len(header) {
		if err == nil || err == io.EOF {
			err = io.ErrUnexpectedEOF
		}
		return nil, err
	}
	return downgrade(header), nil
}
