package appliance

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"net/netip"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
)

// plenty are the bounds of a machine that has enough of everything.
// manySessions are those of a box that has enough of everything.
const manySessions = usualMemory / sessionShare / sessionMemory

var plenty = bounds{manySessions, mostPerPeer, mostHandshakes}

// A hall is a gate with what a test knows of who is in.
type hall struct {
	*gate
	t      *testing.T
	family map[peer]bool
	away   []string // who was sent away, in this order
}

func newHall(t *testing.T, b bounds, family ...string) *hall {
	h := &hall{t: t, family: map[peer]bool{}}
	for _, f := range family {
		h.family[peerOf(netip.MustParseAddr(f))] = true
	}
	h.gate = newGate(b, func(p peer) bool { return h.family[p] })
	return h
}

// come lets one in and returns its place, or why not. An empty name is the local socket.
func (h *hall) come(from string) (p *place, refusal string) {
	var addr netip.Addr
	if from != "" {
		addr = netip.MustParseAddr(from)
	}
	return h.enter(addr, func() { h.away = append(h.away, from) })
}

// all lets n of them in and returns their places.
func (h *hall) all(n int, from func(n int) string) (places []*place) {
	h.t.Helper()
	for n := range n {
		p, refusal := h.come(from(n))
		if refusal != "" {
			h.t.Fatalf("session %d from %s: %s", n, from(n), refusal)
		}
		places = append(places, p)
	}
	return places
}

// street returns another address for each number.
func street(n int) string { return netip.AddrFrom4([4]byte{10, 1, byte(n >> 8), byte(n)}).String() }

func always(from string) func(int) string { return func(int) string { return from } }

func TestGateCountsPeers(t *testing.T) {
	for _, test := range []struct{ name, from, same, other string }{
		{"IPv4 by address", "10.0.0.1", "10.0.0.1", "10.0.0.2"},
		{"IPv6 by network of 64 bits", "fd00::1", "fd00::ffff:1", "fd00:0:0:1::1"},
		{"IPv4 in IPv6 as IPv4", "::ffff:10.0.0.1", "10.0.0.1", "::ffff:10.0.0.2"},
	} {
		t.Run(test.name, func(t *testing.T) {
			h := newHall(t, plenty)
			places := h.all(mostPerPeer, always(test.from))
			if _, refusal := h.come(test.same); refusal != refusedPeer {
				t.Errorf("one more of the peer: %q", refusal)
			}
			if _, refusal := h.come(test.other); refusal != "" {
				t.Errorf("one of another: %q", refusal)
			}
			h.leave(places[0])
			if _, refusal := h.come(test.same); refusal != "" {
				t.Errorf("after one has left: %q", refusal)
			}
		})
	}
}

// TestGateMakesRoom: who has to go when the house is full, and that the family never has to.
func TestGateMakesRoom(t *testing.T) {
	small := bounds{sessions: 8, perPeer: 4, handshakes: 1}
	const anna, otto, mallory = "192.168.1.2", "192.168.1.3", "10.9.9.9"
	tests := []struct {
		name    string
		fill    func(h *hall)
		comes   string
		refusal string
		away    []string
	}{
		{"the oldest of strangers with one each", func(h *hall) { h.all(8, street) }, anna, "", []string{street(0)}},
		{"the oldest of the largest crowd", func(h *hall) {
			h.all(5, street)
			h.all(3, always(mallory))
		}, otto, "", []string{mallory}},
		{"a stranger, however many sessions the family has", func(h *hall) {
			h.all(4, always(anna))
			h.all(3, always(otto))
			h.all(1, always(mallory))
		}, "10.7.7.7", "", []string{mallory}},
		{"nobody of the family", func(h *hall) {
			h.all(4, always(anna))
			h.all(4, always(otto))
		}, "10.7.7.7", refusedFull, nil},
		{"not the local socket", func(h *hall) { h.all(8, always("")) }, anna, refusedFull, nil},
		{"a stranger for the local socket", func(h *hall) { h.all(8, street) }, "", "", []string{street(0)}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			h := newHall(t, small, anna, otto)
			test.fill(h)
			_, refusal := h.come(test.comes)
			if refusal != test.refusal || !slices.Equal(h.away, test.away) {
				t.Errorf("%q, sent away %v; want %q, %v", refusal, h.away, test.refusal, test.away)
			}
		})
	}
}

// TestGateBoundsThoseOnTheirWayOut: a flood that comes faster than sessions end is refused, and the family is not
// until as many again are on their way out.
func TestGateBoundsThoseOnTheirWayOut(t *testing.T) {
	const anna = "192.168.1.2"
	h := newHall(t, plenty, anna)
	places := h.all(manySessions+plenty.leaving(false), street)
	if _, refusal := h.come("10.9.9.9"); refusal != refusedFull {
		t.Errorf("one more stranger: %q", refusal)
	}
	for n := range plenty.leaving(true) - plenty.leaving(false) {
		p, refusal := h.come(anna)
		if refusal != "" {
			t.Fatalf("session %d of the family: %s", n, refusal)
		}
		h.leave(p)
		places = append(places, h.all(1, func(int) string { return "" })...)
	}
	if _, refusal := h.come(anna); refusal != refusedFull {
		t.Errorf("one more of the family: %q", refusal)
	}
	if len(h.away) != plenty.leaving(true) {
		t.Errorf("%d were sent away, want %d", len(h.away), plenty.leaving(true))
	}
	h.leave(places[0]) // which was sent away
	if _, refusal := h.come(anna); refusal != "" {
		t.Errorf("after one has left: %q", refusal)
	}
	for _, p := range places[1:] {
		h.leave(p)
	}
	if h.total != 1 || len(h.crowds) > 1 {
		t.Errorf("%d sessions of %d peers are counted, want the one of the family", h.total, len(h.crowds))
	}
}

func TestBounds(t *testing.T) {
	const mib, gib = 1 << 20, 1 << 30
	tests := []struct {
		name                        string
		machine, descriptors, slots int64
		sessions, peer, handshakes  int
	}{
		{"enough of everything", gib, 1 << 20, 256, 256, 32, 64},
		{"a router of 64 MiB", 64 * mib, 4096, 16, 128, 32, 64},
		{"a router of 32 MiB", 32 * mib, 4096, 16, 64, 32, 32},
		{"the usual 1024 descriptors and a spool of 1 GiB", gib, 1024, 256, 256, 32, 64},
		{"256 descriptors", gib, 256, 16, 140, 32, 64},
		{"too little of everything", mib, 20, 256, 16, 8, 8},
		{"nothing known", 0, 0, 0, 256, 32, 64},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			got := boundsOf(memoryOf(0, test.machine), test.descriptors, test.slots)
			if want := (bounds{test.sessions, test.peer, test.handshakes}); got != want {
				t.Errorf("got %+v, want %+v", got, want)
			}
		})
	}
}

// TestMemoryIsGiven: with much memory more sessions are let in, of one peer no more than ever.
func TestMemoryIsGiven(t *testing.T) {
	got := boundsOf(memoryOf(512<<20, 1<<30), 1<<20, 64)
	if want := (bounds{2048, mostPerPeer, mostHandshakes}); got != want {
		t.Errorf("with 512 MiB: %+v, want %+v", got, want)
	}
	if got := memoryOf(32<<20, 1<<30); got != 32<<20 {
		t.Errorf("%d octets may be taken of 32 MiB", got)
	}
}

// TestHandshakes: one too many ends the oldest, and the newest gets through.
func TestHandshakes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newGate(plenty, nil)
		ended := make([]error, mostHandshakes+1)
		var group sync.WaitGroup
		var silent []net.Conn
		for n := range ended {
			ours, theirs := net.Pipe()
			silent = append(silent, theirs)
			group.Go(func() { ended[n] = g.handshake(t.Context(), tls.Server(ours, &tls.Config{})) })
			synctest.Wait()
		}
		if !errors.Is(ended[0], errCrowded) {
			t.Errorf("the oldest ended with %v", ended[0])
		}
		for n, err := range ended[1:] {
			if err != nil {
				t.Fatalf("handshake %d ended with %v", n+1, err)
			}
		}
		if got := g.handshakes.Len(); got != mostHandshakes {
			t.Errorf("%d are under way, want %d", got, mostHandshakes)
		}
		for _, conn := range silent {
			conn.Close()
		}
		group.Wait()
		if got := g.handshakes.Len(); got != 0 {
			t.Errorf("%d are under way at the end", got)
		}
	})
}

func TestHandshakeEndsWithItsContext(t *testing.T) {
	ours, theirs := net.Pipe()
	defer theirs.Close()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := newGate(plenty, nil).handshake(ctx, tls.Server(ours, &tls.Config{})); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
}
