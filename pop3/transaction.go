package pop3

import (
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
