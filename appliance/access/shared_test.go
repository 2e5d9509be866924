package access

import (
	"fmt"
	"net/netip"
	"testing"
	"testing/synctest"
	"time"
)

// bridge is the address from which an engine forwards a whole family.
var bridge = netip.MustParseAddr("172.18.0.1")

// TestSharedSessions: one address that stands for a family has most of the sessions, before any of
// its logins, too; the rest is kept for others.
func TestSharedSessions(t *testing.T) {
	for _, tt := range []struct {
		name   string
		shared []netip.Addr
		most   int
	}{
		{"shared", []netip.Addr{netip.MustParseAddr("10.88.0.1"), bridge}, 192},
		{"not shared", nil, 32},
	} {
		h := newHall(t, 256)
		h.prompt = true
		h.Share(tt.shared)
		h.all(tt.most, always(ClientAt(bridge)))
		if len(h.ended) > 0 {
			t.Errorf("%s: a session ended for one of the first %d", tt.name, tt.most)
		}
		h.all(1, always(ClientAt(bridge)))
		if len(h.ended) != 1 || h.ended[0] != ClientAt(bridge) {
			t.Errorf("%s: session %d ended those of %v", tt.name, tt.most+1, h.ended)
		}
		h.all(32, always(at("192.168.1.7")))
		if len(h.ended) != 1 {
			t.Errorf("%s: another client finds no room: %v", tt.name, h.ended)
		}
	}
}

// TestSharedNetwork: a shared IPv6 address is not counted with the strangers of its /64.
func TestSharedNetwork(t *testing.T) {
	h := newHall(t, 256)
	h.Share([]netip.Addr{netip.MustParseAddr("fd00:1::1")})
	in := h.all(192, always(at("fd00:1::1")))
	if len(h.ended) > 0 {
		t.Fatalf("%d sessions ended", len(h.ended))
	}
	for _, s := range in {
		s.Leave()
	}
	if len(h.clients.entries) != 1 {
		t.Errorf("%d clients are remembered", len(h.clients.entries))
	}
}

// TestSharedLogins: who guesses behind a shared address delays logins to that account alone.
func TestSharedLogins(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newGuesser(t)
		g.Table.Share([]netip.Addr{bridge})
		from := ClientAt(bridge)
		took := time.Duration(0)
		for n := range 50 {
			took += g.try(from, fmt.Sprint("user", n), "secret", ErrWrong)
		}
		for n := range 6 {
			took += g.try(from, "anna", fmt.Sprint(n), ErrWrong)
		}
		if took += g.try(from, "otto", "ottootto", nil); took != 0 {
			t.Errorf("otto is delayed by %v", took)
		}
		if took := g.try(from, "anna", "annaanna", nil); took == 0 {
			t.Error("anna's account is not protected")
		}
	})
}

// TestSharedLoginsAreBounded: a shared address has no more guesses at one account than another.
func TestSharedLoginsAreBounded(t *testing.T) {
	judged := map[bool]int{}
	for _, shared := range []bool{false, true} {
		synctest.Test(t, func(t *testing.T) {
			g := newGuesser(t)
			if shared {
				g.Table.Share([]netip.Addr{bridge})
			}
			for n := 0; time.Since(g.Table.began) < time.Hour; n++ {
				g.pass(t.Context(), ClientAt(bridge), "anna", fmt.Sprint(n))
			}
			judged[shared] = g.judged
		})
	}
	if judged[true] != judged[false] || judged[true] == 0 {
		t.Errorf("%d guesses were judged, %d of another address", judged[true], judged[false])
	}
}

// TestSharedRecipients: unknown recipients that one device names delay the others little.
func TestSharedRecipients(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		table := NewTable()
		table.Share([]netip.Addr{bridge})
		if took := harvest(t, table, 1000, always(ClientAt(bridge))); took != 200*250*time.Millisecond {
			t.Errorf("1000 unknown recipients took %v", took)
		}
	})
}

// TestSharedWaiting: as many attempts wait at a shared address as at a /64.
func TestSharedWaiting(t *testing.T) {
	for _, tt := range []struct {
		shared []netip.Addr
		most   int
	}{
		{[]netip.Addr{bridge}, networkTimes * mostWaiting},
		{nil, mostWaiting},
	} {
		synctest.Test(t, func(t *testing.T) {
			table := NewTable()
			table.Share(tt.shared)
			took := make(chan time.Duration)
			const more = 3
			for range tt.most + more {
				go func() {
					began := time.Now()
					table.await(t.Context(), ClientAt(bridge), func(instant) time.Duration { return longestWait })
					took <- time.Since(began)
				}()
			}
			refused := 0
			for range tt.most + more {
				if <-took < longestWait {
					refused++
				}
			}
			if refused != more {
				t.Errorf("of %d attempts %d did not wait, want %d", tt.most+more, refused, more)
			}
		})
	}
}

// TestSharedWaste: a shared address may waste as many octets as a known client.
func TestSharedWaste(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		table := NewTable()
		table.Share([]netip.Addr{bridge})
		table.Wasted(ClientAt(bridge), 7*wasteBudget)
		if table.Exhausted(ClientAt(bridge)) {
			t.Error("exhausted below the budget")
		}
		table.Wasted(ClientAt(bridge), wasteBudget)
		if !table.Exhausted(ClientAt(bridge)) {
			t.Error("not exhausted at the budget")
		}
	})
}
