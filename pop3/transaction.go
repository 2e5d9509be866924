package pop3

import (
	"context"
	"strconv"
)

// stat says how many messages there are and their octets, without the marked ones.
func (s *session) stat(context.Context, argument) error {
	s.sayNumbers("+OK ", s.marks.left(), s.marks.octets)
	return nil
}

// sayMaildrop gathers what there is, without the marked messages: "+OK 3 messages (98 octets)".
func (s *session) sayMaildrop() {
	b := append(s.room(), "+OK "...)
	b = strconv.AppendInt(b, int64(s.marks.left()), 10)
	b = append(b, " messages ("...)
	b = strconv.AppendInt(b, s.marks.octets, 10)
	s.keep(append(b, " octets)\r\n"...))
}

// list is the scan listing. It leaves in pieces of one buffer, however long it is.
func (s *session) list(context.Context, argument) error {
	s.sayMaildrop()
	for n := 1; n <= s.marks.total && s.err == nil; n++ {
		if !s.marks.has(n) {
			s.sayNumbers("", n, s.mail.Octets(n))
		}
	}
	s.say(".")
	return nil
}

// listOne is the scan listing of one message.
func (s *session) listOne(_ context.Context, a argument) error {
	s.sayNumbers("+OK ", a.n, s.mail.Octets(a.n))
	return nil
}

// uidl is the unique-id listing.
func (s *session) uidl(context.Context, argument) error {
	s.say("+OK")
	for n := 1; n <= s.marks.total && s.err == nil; n++ {
		if !s.marks.has(n) {
			s.sayUID("", n)
		}
	}
	s.say(".")
	return nil
}

// uidlOne is the unique-id listing of one message.
func (s *session) uidlOne(_ context.Context, a argument) error {
	s.sayUID("+OK ", a.n)
	return nil
}

// sayUID gathers a line of the unique-id listing: "1 uid".
func (s *session) sayUID(before string, n int) {
	b := append(s.room(), before...)
	b = append(strconv.AppendInt(b, int64(n), 10), ' ')
	s.keep(append(s.mail.AppendUID(b, n), '\r', '\n'))
}

// dele marks a message. Nothing happens to it before UPDATE.
func (s *session) dele(_ context.Context, a argument) error {
	s.marks.add(a.n, s.mail.Octets(a.n))
	s.say("+OK marked")
	return nil
}

// rset takes all marks away.
func (s *session) rset(context.Context, argument) error {
	s.marks.clear()
	s.sayMaildrop()
	return nil
}

// noop shows that both sides are there.
func (s *session) noop(context.Context, argument) error {
	s.say("+OK")
	return nil
}
