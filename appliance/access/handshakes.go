package access

import (
	"container/list"
	"context"
	"crypto/tls"
	"errors"
)

// ErrHandshakes ends a TLS handshake that has to make room for another.
var ErrHandshakes = errors.New("too many unfinished TLS handshakes")

// A handshake is one that is not finished.
type handshake struct {
	client  Client
	open    *open
	cancel  context.CancelCauseFunc
	element *list.Element // nil: it was cancelled
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
	o := t.holdLocked(c, t.now())
	var victim *handshake
	switch {
	case o.handshakes >= t.bounds.handshakesOf(o):
		victim = t.slowestLocked(func(h *handshake) bool { return h.open == o })
	case t.handshakes.Len() >= t.bounds.Handshakes:
		victim = t.slowestLocked(func(h *handshake) bool { return !h.open.known })
		if victim == nil && o.known {
			victim = t.slowestLocked(func(*handshake) bool { return true })
		}
		if victim == nil {
			t.releaseLocked(c)
			return nil
		}
	}
	if victim != nil {
		t.removeLocked(victim)
		victim.cancel(ErrHandshakes)
	}
	h := &handshake{client: c, open: o, cancel: cancel}
	h.element = t.handshakes.PushBack(h)
	o.handshakes++
	if o.network != nil && !o.known {
		o.network.handshakes++
	}
	return h
}

func (t *Table) endHandshake(h *handshake) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if h.element != nil {
		t.removeLocked(h)
	}
	t.releaseLocked(h.client)
}

func (t *Table) removeLocked(h *handshake) {
	t.handshakes.Remove(h.element)
	h.element = nil
	h.open.handshakes--
	if h.open.network != nil && !h.open.known {
		h.open.network.handshakes--
	}
}

// slowestLocked returns the handshake that makes room: the oldest of the client with the most of
// those that match.
func (t *Table) slowestLocked(match func(*handshake) bool) (victim *handshake) {
	count := func(o *open) int { return o.handshakes }
	for e := t.handshakes.Front(); e != nil; e = e.Next() {
		h := e.Value.(*handshake)
		if match(h) && (victim == nil || larger(h.open, victim.open, count)) {
			victim = h
		}
	}
	return victim
}
