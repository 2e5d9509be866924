package pop3

import (
	"errors"

	"pillarbox/pop3/conn"
)

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
