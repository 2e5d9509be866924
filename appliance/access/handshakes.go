package access

import (
	"container/list"
	"context"
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

// handshakes are those that are not finished.
type handshakes struct {
	list list.List // of *handshake, the oldest first
}

// room cancels the handshake that has to make room for one more, if one has to. It reports whether
// there is room.
func (hs *handshakes) room(b Bounds, o *open) bool {
	var victim *handshake
	switch {
	case o.handshakes >= b.handshakesOf(o):
		victim = hs.slowest(func(h *handshake) bool { return h.open == o })
	case hs.list.Len() >= b.Handshakes:
		victim = hs.slowest(func(h *handshake) bool { return !h.open.known })
		if victim == nil && o.known {
			victim = hs.slowest(func(*handshake) bool { return true })
		}
		if victim == nil {
			return false
		}
	}
	if victim != nil {
		hs.remove(victim)
		victim.cancel(ErrHandshakes)
	}
	return true
}

// slowest returns the handshake that makes room: the oldest of the client with the most of those
// that match.
func (hs *handshakes) slowest(match func(*handshake) bool) (victim *handshake) {
	count := func(o *open) int { return o.handshakes }
	for e := hs.list.Front(); e != nil; e = e.Next() {
		h := e.Value.(*handshake)
		if match(h) && (victim == nil || larger(h.open, victim.open, count)) {
			victim = h
		}
	}
	return victim
}

// add counts a handshake in.
func (hs *handshakes) add(h *handshake) {
	h.element = hs.list.PushBack(h)
	hs.count(h, 1)
}

// remove counts a handshake out, unless that was done before.
func (hs *handshakes) remove(h *handshake) {
	if h.element == nil {
		return
	}
	hs.list.Remove(h.element)
	h.element = nil
	hs.count(h, -1)
}

// count adds n to what handshakes are counted in.
func (hs *handshakes) count(h *handshake, n int) {
	h.open.handshakes += n
	if h.open.network != nil && !h.open.known {
		h.open.network.handshakes += n
	}
}
