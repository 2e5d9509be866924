package access

import (
	"context"
	"crypto/tls"
	"errors"
)

// A Session is one admitted connection, between Enter and Leave.
type Session struct {
	session // guarded by table.mu
	table   *Table
}

// Enter admits a session. If refusal is "", the session may begin, and Leave must be called once
// when it has ended; otherwise refusal is the text for the client. end is called, at most once and
// from any goroutine, when the session has to make room for another or its login is revoked; it
// must not wait for the session.
//
// A session makes room only before its login. It is the oldest one of the same client if that has
// as many as it may, otherwise of the stranger with the most. A known client finds room as long as
// any stranger has a session.
func (t *Table) Enter(c Client, end func()) (s *Session, refusal string) {
	s, victim, refusal := t.enter(c, end)
	if victim != nil {
		victim.end()
	}
	return s, refusal
}

// enter is Enter, and returns the session whose end is to be called.
func (t *Table) enter(c Client, end func()) (s *Session, victim *session, refusal string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	o := t.clients.hold(c, t.now())
	victim, refusal = t.sessions.room(t.bounds, c, o)
	if refusal != "" {
		t.clients.release(c)
		return nil, nil, refusal
	}
	if victim != nil {
		t.sessions.request(victim)
	}
	s = &Session{session{client: c, open: o, end: end}, t}
	t.sessions.add(&s.session)
	return s, victim, ""
}

// Leave counts a session out.
func (s *Session) Leave() {
	t := s.table
	t.mu.Lock()
	defer t.mu.Unlock()
	t.sessions.remove(&s.session)
	t.clients.release(s.client)
}

// Handshake runs the TLS handshake of a connection from c as one of a bounded number. The one that
// makes room is the oldest, of the same client where that has as many as it may, else of the
// stranger with the most: those of a known client never end for a stranger's.
func (t *Table) Handshake(ctx context.Context, c Client, conn *tls.Conn) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	mine := t.beginHandshake(c, cancel)
	if mine == nil {
		return ErrHandshakes
	}
	err := conn.HandshakeContext(ctx)
	t.endHandshake(mine)
	if cause := context.Cause(ctx); err != nil && errors.Is(cause, ErrHandshakes) {
		return cause
	}
	return err
}

// beginHandshake returns nil if there is no room.
func (t *Table) beginHandshake(c Client, cancel context.CancelCauseFunc) *handshake {
	t.mu.Lock()
	defer t.mu.Unlock()
	o := t.clients.hold(c, t.now())
	if !t.handshakes.room(t.bounds, o) {
		t.clients.release(c)
		return nil
	}
	h := &handshake{client: c, open: o, cancel: cancel}
	t.handshakes.add(h)
	return h
}

func (t *Table) endHandshake(h *handshake) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.handshakes.remove(h)
	t.clients.release(h.client)
}
