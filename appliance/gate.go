package appliance

import (
	"container/list"
	"context"
	"crypto/tls"
	"errors"
	"net/netip"
	"sync"
)

// What one box bears.
const (
	maxSessions   = 256
	maxPerPeer    = 32
	maxHandshakes = 64
)

// A gate counts sessions and handshakes. It never waits.
type gate struct {
	mu         sync.Mutex
	total      int
	perPeer    map[peer]int
	handshakes *list.List // of context.CancelCauseFunc, the oldest first
}

func newGate() *gate {
	return &gate{perPeer: map[peer]int{}, handshakes: list.New()}
}

// enter counts a session in. refusal is "" when it may go on, and then leave must be called once; else it
// is what to tell the client. The local socket is counted in all, not by peer.
func (g *gate) enter(addr netip.Addr) (refusal string) {
	p := peerOf(addr)
	g.mu.Lock()
	defer g.mu.Unlock()
	switch {
	case g.total >= maxSessions:
		return "too many sessions, try again later"
	case p.IsValid() && g.perPeer[p] >= maxPerPeer:
		return "too many sessions from your address"
	}
	g.total++
	g.perPeer[p]++
	return ""
}

// leave counts a session out.
func (g *gate) leave(addr netip.Addr) {
	p := peerOf(addr)
	g.mu.Lock()
	defer g.mu.Unlock()
	g.total--
	if g.perPeer[p]--; g.perPeer[p] == 0 {
		delete(g.perPeer, p)
	}
}

// errCrowded ends the oldest handshake when there are too many.
var errCrowded = errors.New("too many unfinished TLS handshakes")

// handshake runs a TLS handshake as one of at most maxHandshakes. One too many ends the oldest: who is slow
// on purpose does not keep out who is not.
func (g *gate) handshake(ctx context.Context, conn *tls.Conn) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	g.mu.Lock()
	if g.handshakes.Len() >= maxHandshakes {
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
