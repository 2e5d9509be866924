package pop3

import (
	"errors"
	"iter"
	"strconv"

	"pillarbox/pop3/conn"
)

// An openMaildrop is the state TRANSACTION of a session: the maildrop, and what DELE has marked in
// it. The zero openMaildrop belongs to a session before its login.
type openMaildrop struct {
	conn    *conn.Conn
	mail    Maildrop // nil before the login and after leave
	marks   marks
	sending *transfer // the message that waits for room in the socket, or nil
	utf8    bool      // headers are sent as they are stored

	// for the log
	retrieved int32 // messages sent whole
	deleted   int32 // messages expunged
	octets    int64 // of the retrieved messages, as listed
}

func newOpenMaildrop(c *conn.Conn, mail Maildrop, utf8 bool) openMaildrop {
	return openMaildrop{conn: c, mail: mail, marks: newMarks(mail), utf8: utf8}
}

// message returns the message of a word: its number is 1…Len and it is not marked. All commands
// with a message number use it.
func (m *openMaildrop) message(word []byte) (int, error) {
	n, ok := parseNumber(word)
	switch {
	case !ok:
		return 0, replyNumber
	case n == 0:
		return 0, replyZero
	case n > int64(m.mail.Len()):
		return 0, replyBig
	case m.marks.has(int(n)):
		return 0, replyDeleted
	}
	return int(n), nil
}

// stat replies with the number of messages and their octets, without the marked ones.
func (m *openMaildrop) stat(argument) error {
	m.sayNumbers("+OK ", m.marks.left(), m.marks.octets)
	return nil
}

// say gathers what is in the maildrop, without the marked messages: "+OK 3 messages (98 octets)".
func (m *openMaildrop) say() {
	b := append(m.conn.Room(conn.LineSize), "+OK "...)
	b = strconv.AppendInt(b, int64(m.marks.left()), 10)
	b = append(b, " messages ("...)
	b = strconv.AppendInt(b, m.marks.octets, 10)
	m.conn.Keep(append(b, " octets)\r\n"...))
}

// list is the scan listing. It is sent in pieces of one buffer, however long it is.
func (m *openMaildrop) list(argument) error {
	m.say()
	for n := 1; n <= m.marks.messages() && m.conn.Err() == nil; n++ {
		if !m.marks.has(n) {
			m.sayNumbers("", n, m.mail.Octets(n))
		}
	}
	m.conn.Say(".")
	return nil
}

// listOne is the scan listing of one message.
func (m *openMaildrop) listOne(a argument) error {
	m.sayNumbers("+OK ", a.n, m.mail.Octets(a.n))
	return nil
}

// sayNumbers gathers a line of the scan listing: "1 120".
func (m *openMaildrop) sayNumbers(before string, n int, octets int64) {
	b := append(m.conn.Room(conn.LineSize), before...)
	b = strconv.AppendInt(b, int64(n), 10)
	b = append(b, ' ')
	b = strconv.AppendInt(b, octets, 10)
	m.conn.Keep(append(b, '\r', '\n'))
}

// uidl is the unique-id listing.
func (m *openMaildrop) uidl(argument) error {
	m.conn.Say("+OK")
	for n := 1; n <= m.marks.messages() && m.conn.Err() == nil; n++ {
		if !m.marks.has(n) {
			m.sayUID("", n)
		}
	}
	m.conn.Say(".")
	return nil
}

// uidlOne is the unique-id listing of one message.
func (m *openMaildrop) uidlOne(a argument) error {
	m.sayUID("+OK ", a.n)
	return nil
}

// sayUID gathers a line of the unique-id listing: "1 uid".
func (m *openMaildrop) sayUID(before string, n int) {
	b := append(m.conn.Room(conn.LineSize), before...)
	b = append(strconv.AppendInt(b, int64(n), 10), ' ')
	m.conn.Keep(append(m.mail.AppendUID(b, n), '\r', '\n'))
}

// dele marks a message. It is expunged in the state UPDATE.
func (m *openMaildrop) dele(a argument) error {
	m.marks.add(a.n, m.mail.Octets(a.n))
	m.conn.Say("+OK marked")
	return nil
}

// rset removes all marks.
func (m *openMaildrop) rset(argument) error {
	m.marks.clear()
	m.say()
	return nil
}

// noop does nothing.
func (m *openMaildrop) noop(argument) error {
	m.conn.Say("+OK")
	return nil
}

// A transfer is a message of which a part was sent.
type transfer struct {
	n      int
	body   Body
	before conn.Position // of its reply
	at     int64         // what comes before this offset of the body was sent or gathered
}

// marks are the messages that DELE has marked as deleted, and the sums of the others. They take one
// bit for each message, from the first DELE on.
type marks struct {
	bits    []uint64 // nil until the first mark; bit n-1 is message n
	total   int32    // messages in the maildrop
	marked  int32
	octets  int64 // as listed, of the messages that are not marked
	maximum int64 // as listed, of all
}

// newMarks returns no marks on a maildrop.
func newMarks(m Maildrop) marks {
	k := marks{total: int32(m.Len())}
	for n := 1; n <= k.messages(); n++ {
		k.maximum += m.Octets(n)
	}
	k.octets = k.maximum
	return k
}

// messages returns the number of messages, marked ones included.
func (k *marks) messages() int { return int(k.total) }

// left returns the number of messages that are not marked.
func (k *marks) left() int { return int(k.total - k.marked) }

// has reports whether message n is marked.
func (k *marks) has(n int) bool {
	return k.bits != nil && k.bits[(n-1)/64]&(1<<uint((n-1)%64)) != 0
}

// add marks message n, which has this many octets and is not marked.
func (k *marks) add(n int, octets int64) {
	if k.bits == nil {
		k.bits = make([]uint64, (k.total+63)/64)
	}
	k.bits[(n-1)/64] |= 1 << uint((n-1)%64)
	k.marked++
	k.octets -= octets
}

// clear removes all marks.
func (k *marks) clear() {
	clear(k.bits)
	k.marked, k.octets = 0, k.maximum
}

// all yields the marked messages in order.
func (k *marks) all() iter.Seq[int] {
	return func(yield func(int) bool) {
		for n := 1; n <= k.messages(); n++ {
			if k.has(n) && !yield(n) {
				return
			}
		}
	}
}

// A messageError is why a message was not sent, for the log. The client gets reply.
type messageError struct {
	event string
	n     int
	err   error
	reply error // a *replyError, or err itself: then the session ends
}

func (e *messageError) Error() string { return "pop3: " + e.event + ": " + e.err.Error() }

// notRead returns the error for a message whose bytes are not available.
func (m *openMaildrop) notRead(n int, err error) error {
	switch {
	case m.conn.Err() != nil:
		return m.conn.Err()
	case errors.Is(err, ErrGone):
		return replyGone
	case errors.Is(err, ErrDamaged):
		return &messageError{"message is damaged", n, err, replyDamaged}
	case errors.Is(err, ErrTemporary):
		return replyTemporary
	}
	return &messageError{"message not found", n, err, replyTemporary}
}

// broken returns the error for a reply whose bytes could not be read to their end. If none of it
// was sent, it is taken back and replaced by an error. Otherwise the session ends without the dot,
// because a client that has received the dot would delete the message.
func (m *openMaildrop) broken(n int, before conn.Position, err error) error {
	if m.conn.Err() != nil {
		return m.conn.Err()
	}
	if m.conn.TakeBack(before) {
		return m.notRead(n, err)
	}
	m.conn.Fail(err)
	return &messageError{"message not sent whole", n, err, err}
}
