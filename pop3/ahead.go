package pop3

import "pillarbox/pop3/conn"

// body returns the stored bytes of a message. If another command has arrived, and the buffer has
// room for more than this message, the store may read ahead.
//
// What was read ahead is released before anything is sent, because that may take a client as long
// as it likes: here if the message does not fit, and by restBefore.
func (m *openMaildrop) body(n int) (Body, error) {
	p, ok := m.mail.(Prefetcher)
	if !ok {
		return m.mail.Body(n)
	}
	room, more := m.conn.Left()
	if !more {
		p.Rest()
		return m.mail.Body(n)
	}
	room -= 2 * conn.LineSize // for the first line, and the next reply
	body, err := p.BodyAhead(n, max(room, 0))
	if err != nil || body.Size() > room {
		p.Rest()
	}
	return body, err
}

// restBefore releases what was read ahead if the reply to a command may not fit into the buffer, or
// was not to be read ahead. verb is "" if there is no such command.
func (m *openMaildrop) restBefore(verb string) {
	if left, _ := m.conn.Left(); verb != "RETR" && verb != "TOP" || left < 2*conn.LineSize {
		m.rest()
	}
}

// restUnlessMore releases what was read ahead if the session is to wait for the next command.
func (m *openMaildrop) restUnlessMore() {
	if _, more := m.conn.Left(); !more {
		m.rest()
	}
}

// rest releases what was read ahead.
func (m *openMaildrop) rest() {
	if p, ok := m.mail.(Prefetcher); ok {
		p.Rest()
	}
}
