package appliance

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
)

func TestGateCounts(t *testing.T) {
	g := newGate()
	from := func(n int) netip.Addr { return netip.AddrFrom4([4]byte{10, 0, byte(n >> 8), byte(n)}) }
	for n := range maxPerPeer {
		if refusal := g.enter(from(1)); refusal != "" {
			t.Fatalf("session %d: %s", n, refusal)
		}
	}
	if refusal := g.enter(from(1)); !strings.Contains(refusal, "from your address") {
		t.Errorf("one more of a peer: %q", refusal)
	}
	for n := range maxSessions - maxPerPeer {
		if refusal := g.enter(from(2 + n%200)); refusal != "" {
			t.Fatalf("session %d: %s", n, refusal)
		}
	}
	if refusal := g.enter(netip.Addr{}); !strings.Contains(refusal, "too many sessions") {
		t.Errorf("one more in all: %q", refusal)
	}
	g.leave(from(1))
	if refusal := g.enter(netip.Addr{}); refusal != "" {
		t.Errorf("after one has left: %q", refusal)
	}
	g.leave(netip.Addr{})
	for range maxPerPeer - 1 {
		g.leave(from(1))
	}
	if _, counted := g.perPeer[peerOf(from(1))]; counted {
		t.Error("a peer without a session is still counted")
	}
}

func TestGateCountsNetworksOfIPv6(t *testing.T) {
	g := newGate()
	addr := netip.MustParseAddr("fd00::1")
	for range maxPerPeer {
		g.enter(addr)
		addr = addr.Next()
	}
	if refusal := g.enter(addr); refusal == "" {
		t.Error("another address of the same /64 was let in")
	}
	if refusal := g.enter(netip.MustParseAddr("fd00:0:0:1::1")); refusal != "" {
		t.Error(refusal)
	}
}

// TestHandshakes: one too many ends the oldest, and the newest gets through.
func TestHandshakes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newGate()
		ended := make([]error, maxHandshakes+1)
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
		if got := g.handshakes.Len(); got != maxHandshakes {
			t.Errorf("%d are under way, want %d", got, maxHandshakes)
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
	if err := newGate().handshake(ctx, tls.Server(ours, &tls.Config{})); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
}
