package appliance

import (
	"container/list"
	"context"
	"crypto/tls"
	"errors"
	"net/netip"
	"sync"
)

// A gate counts sessions and handshakes. It never waits. When the house is full, the oldest session of
// the stranger with the most of them makes room: who fills it on purpose does not keep out the family.
type gate struct {
	bounds bounds
	known  func(peer) bool // has logged in before; nil: nobody has

	mu         sync.Mutex
	number     uint64          // of the last session
	total      int             // places taken, those of who was sent away and has not left included
	leaving    int             // of them: sent away
	crowds     map[peer]*crowd // by peer
	handshakes *list.List      // of context.CancelCauseFunc, the oldest first
}

// A crowd is the sessions of one peer.
type crowd struct {
	places []*place // the oldest first; those sent away are not in it
	known  bool     // as of its last session
}

// A place is one session, between enter and leave.
type place struct {
	peer   peer
	number uint64 // the gate's at its time
	end    func() // makes its session end soon
}

func newGate(b bounds, known func(peer) bool) *gate {
	if known == nil {
		known = func(peer) bool { return false }
	}
	return &gate{bounds: b, known: known, crowds: map[peer]*crowd{}, handshakes: list.New()}
}

// What a client is told that is not let in.
const (
	refusedFull = "too many sessions, try again later"
	refusedPeer = "too many sessions from your address"
)

// enter counts a session in. refusal is "" when it may go on, and then leave must be called once; else it
// is what to tell the client. end is called, once at most and from any goroutine, when the session has to
// make room. The local socket is counted in all, not by peer, and makes room for nobody.
func (g *gate) enter(addr netip.Addr, end func()) (p *place, refusal string) {
	p = &place{peer: peerOf(addr), end: end}
	known := !p.peer.IsValid() || g.known(p.peer)
	g.mu.Lock()
	c := g.crowds[p.peer]
	if c != nil && p.peer.IsValid() && len(c.places) >= g.bounds.perPeer {
		g.mu.Unlock()
		return nil, refusedPeer
	}
	var victim *place
	if g.total-g.leaving >= g.bounds.sessions {
		if g.leaving < g.bounds.leaving(known) {
			victim = g.sendAway()
		}
		if victim == nil {
			g.mu.Unlock()
			return nil, refusedFull
		}
		c = g.crowds[p.peer] // it may have been the victim's, and its last
	}
	if c == nil {
		c = &crowd{}
		g.crowds[p.peer] = c
	}
	c.known = known
	c.places = append(c.places, p)
	g.number++
	p.number = g.number
	g.total++
	g.mu.Unlock()
	if victim != nil {
		victim.end()
	}
	return p, ""
}

// sendAway chooses who makes room: nil when only the family is in. mu is held.
func (g *gate) sendAway() *place {
	var from *crowd
	for _, c := range g.crowds {
		switch {
		case c.known:
		case from == nil, len(c.places) > len(from.places),
			len(c.places) == len(from.places) && c.places[0].number < from.places[0].number:
			from = c
		}
	}
	if from == nil {
		return nil
	}
	victim := from.places[0]
	g.remove(victim)
	g.leaving++
	return victim
}

// sessions returns how many there are.
func (g *gate) sessions() int {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.total
}

// leave counts a session out.
func (g *gate) leave(p *place) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.total--
	if !g.remove(p) {
		g.leaving--
	}
}

// remove takes a place out of its crowd; false: it was sent away before. mu is held.
func (g *gate) remove(p *place) bool {
	c := g.crowds[p.peer]
	if c == nil {
		return false
	}
	for i, other := range c.places {
		if other == p {
			if c.places = append(c.places[:i], c.places[i+1:]...); len(c.places) == 0 {
				delete(g.crowds, p.peer)
			}
			return true
		}
	}
	return false
}

// errCrowded ends the oldest handshake when there are too many.
var errCrowded = errors.New("too many unfinished TLS handshakes")

// handshake runs a TLS handshake as one of a bounded number. One too many ends the oldest: who is slow
// on purpose does not keep out who is not.
func (g *gate) handshake(ctx context.Context, conn *tls.Conn) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	g.mu.Lock()
	if g.handshakes.Len() >= g.bounds.handshakes {
		oldest := g.handshakes.Remove(g.handshakes.Front())
		oldest.(context.CancelCauseFunc)(errCrowded)
	}
	mine := g.handshakes.PushBack(cancel)
	g.mu.Unlock()

	err := conn.HandshakeContext(ctx)

	g.mu.Lock()
	g.handshakes.Remove(mine) // does nothing when it was removed as the oldest
	g.mu.Unlock()
	if cause := context.Cause(ctx); err != nil && errors.Is(cause, errCrowded) {
		return cause
	}
	return err
}
