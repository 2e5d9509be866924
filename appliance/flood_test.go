package appliance

import (
	"net/netip"
	"testing"
	"testing/synctest"
	"time"
)

// TestFloods: a peer's first refusals are lines, its flood is told once an hour, and so is one of many peers.
func TestFloods(t *testing.T) {
	one := peerOf(netip.MustParseAddr("10.0.0.1"))
	many := func(n int) peer { return peerOf(netip.MustParseAddr(street(n))) }
	type sums struct{ lines, peers, all int }
	tests := []struct {
		name string
		run  func(count func(peer))
		want sums
	}{
		{"a quiet one", func(count func(peer)) {
			for range 30 {
				count(one)
				time.Sleep(floodWindow)
			}
		}, sums{lines: 30}},
		{"one that hammers for two hours", func(count func(peer)) {
			for range 2 * 60 * 100 {
				count(one)
				time.Sleep(floodWindow / 100)
			}
		}, sums{lines: 2 * 60 * floodLines, peers: 2}},
		{"many, each of them seldom", func(count func(peer)) {
			for n := range floodAtAll {
				count(many(n))
			}
		}, sums{lines: min(floodAtAll, floodPeers), all: 1}},
		{"more than are counted", func(count func(peer)) {
			for n := range 3 * floodPeers {
				count(many(n))
			}
		}, sums{lines: floodPeers, all: 1}},
		{"more than are counted, but not at once", func(count func(peer)) {
			for n := range 2 * floodPeers {
				count(many(n))
				if n == floodPeers-1 {
					time.Sleep(floodWindow)
				}
			}
		}, sums{lines: 2 * floodPeers}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				f, got := newFloods(), sums{}
				test.run(func(p peer) {
					says := f.count(p)
					for to, yes := range map[*int]bool{&got.lines: says.line, &got.peers: says.peer, &got.all: says.all} {
						if yes {
							*to++
						}
					}
				})
				if got != test.want {
					t.Errorf("got %+v, want %+v", got, test.want)
				}
				if len(f.peers) > floodPeers {
					t.Errorf("%d peers are counted", len(f.peers))
				}
			})
		})
	}
}
