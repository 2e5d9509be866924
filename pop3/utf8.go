package pop3

import (
	"context"

	"pillarbox/pop3/conn"
	"pillarbox/pop3/downgrade"
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

// toRewrite returns a reader of the header of a message, at the first field that is rewritten
// because the client did not say UTF8. It returns nil if the header is sent as it is stored: the
// client said UTF8, or no field has UTF-8 in it.
func (m *openMaildrop) toRewrite(body Body) (*downgrade.Reader, error) {
	if m.utf8 {
		return nil, nil
	}
	size := body.HeaderSize()
	if eightBit, err := eightBit(m.conn, body, size); err != nil || !eightBit {
		return nil, err
	}
	r := downgrade.NewReader(body, size)
	if change, err := r.Next(); err != nil || !change {
		return nil, err
	}
	return r, nil
}

// eightBit reports whether an octet above 0x7F is among the first size octets of body. The header
// is read into the free part of the reply buffer and is not kept there: a header in ASCII, which
// most are, takes one read and no memory.
func eightBit(c *conn.Conn, body Body, size int64) (bool, error) {
	c.Room(int(min(size, topPiece))) // one read is enough for most headers
	for at := int64(0); at < size; {
		piece, err := c.Fill(body, at, size-at)
		if err != nil {
			return false, err
		}
		if wire.EightBit(piece) {
			return true, nil
		}
		at += int64(len(piece))
	}
	return false, nil
}

// rewrite sends the header of a message up to the last field that is rewritten. It returns the
// offset from which the message is sent as it is stored. One field is in memory, and its ASCII
// form.
func rewrite(c *conn.Conn, body Body, r *downgrade.Reader) (at int64, err error) {
	for change := true; change; {
		from, to := r.Range()
		if err := c.Copy(body, at, from); err != nil {
			return at, err
		}
		if err := c.Write(r.Append(nil)); err != nil {
			return at, err
		}
		at = to
		if change, err = r.Next(); err != nil {
			return at, err
		}
	}
	return at, nil
}
