package mdns

import (
	"context"
	"encoding/binary"
	"net"
	"net/netip"
	"strings"
	"testing"
	"testing/synctest"
)

// twoLinks returns two interfaces in one network. The second has an address that is not announced.
func twoLinks() []*link {
	first, second := netip.MustParsePrefix("192.168.7.2/24"), netip.MustParsePrefix("192.168.7.9/24")
	return []*link{
		{index: 2, zone: newZone("nas", []netip.Addr{first.Addr()}, nil), all: []netip.Prefix{first}},
		{index: 3, zone: newZone("nas", []netip.Addr{second.Addr()}, nil), all: []netip.Prefix{second, netip.MustParsePrefix("fe80::9/64")}},
	}
}

// What this machine sends on one interface and receives on another is not a probe of another host,
// whichever of its addresses it comes from.
func TestOwnProbe(t *testing.T) {
	links := twoLinks()
	for from, lost := range map[string]bool{"192.168.7.9": false, "fe80::9%eth0": false, "192.168.7.8": true, "fe80::8%eth0": true} {
		p := newPort(&net.UDPConn{}, false)
		p.links.Store(&links)
		p.take(links[0], links[1].zone.probe(), netip.AddrPortFrom(netip.MustParseAddr(from), portNumber))
		if (len(p.lost) == 1) != lost {
			t.Errorf("from %s: lost is %v", from, !lost)
		}
	}
}

// A query is answered if it comes from the link, from an address that may connect.
func TestNear(t *testing.T) {
	l := twoLinks()[1]
	l.allowed = func(addr netip.Addr) bool { return addr != netip.MustParseAddr("192.168.7.66") }
	for from, near := range map[string]bool{
		"192.168.7.21": true, "fe80::21%eth0": true, "192.168.7.66": false, "203.0.113.1": false, "2001:db8::1": false,
	} {
		if l.near(netip.MustParseAddr(from)) != near {
			t.Errorf("%s: %v", from, !near)
		}
		p := newPort(&net.UDPConn{}, false)
		p.links.Store(&[]*link{l})
		p.claimed.Store(true)
		p.take(l, ask("nas.local A"), netip.AddrPortFrom(netip.MustParseAddr(from), portNumber))
		if (len(p.late) == 1) != near {
			t.Errorf("%s: the query is answered: %v", from, !near)
		}
	}
}

// One that always loses, or for which no name is free, gives up after some time.
func TestClaimEnds(t *testing.T) {
	for name, of := range map[string]func(*port) chan struct{}{
		"lost":  func(p *port) chan struct{} { return p.lost },
		"taken": func(p *port) chan struct{} { return p.trouble },
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				p := newPort(&net.UDPConn{}, false)
				a := &announcement{ports: []*port{p}, number: 1}
				a.build(Settings{Label: "nas"}, twoLinks())
				ctx, cancel := context.WithCancel(t.Context())
				defer cancel()
				go func() {
					for ctx.Err() == nil {
						select {
						case of(p) <- struct{}{}:
						case <-ctx.Done():
						}
					}
				}()
				if got := a.claim(ctx); got != challenged {
					t.Errorf("event %d", got)
				}
			})
		})
	}
}

// A probe that does not hold all records is cut between two of them, and no other one is changed.
func TestLargeProbe(t *testing.T) {
	var many []Service
	for _, kind := range "abcdefghijklmn" {
		many = append(many, Service{"_" + strings.Repeat(string(kind), 12) + "._tcp", 995, strings.Repeat("\xff", 100)})
	}
	z := newZone(strings.Repeat("n", 63), []netip.Addr{lan, ula}, many)
	msg := z.probe()
	h, _ := parseHeader(msg)
	off := headerSize
	for range h.questions {
		if _, off = parseQuestion(msg, off); off < 0 {
			t.Fatal("a question does not parse")
		}
	}
	for i := range h.authority {
		r, ok := parseResource(msg, off)
		if !ok || binary.BigEndian.Uint16(msg[r.data-8:]) != classIN {
			t.Fatalf("record %d of %d: %v", i, h.authority, ok)
		}
		if named, same := z.ours(msg, r); !named || !same {
			t.Errorf("record %d is none of ours", i)
		}
		off = r.end
	}
	if off != len(msg) || h.questions != 15 {
		t.Errorf("%d questions; %d octets are left over", h.questions, len(msg)-off)
	}
}

func TestNumbered(t *testing.T) {
	long := strings.Repeat("n", 63)
	for _, test := range []struct {
		label  string
		number int
		want   string
	}{{"nas", 1, "nas"}, {"nas", 2, "nas-2"}, {long, 1, long}, {long, 2, long[:61] + "-2"}, {long, 12, long[:60] + "-12"}} {
		if got := numbered(test.label, test.number); got != test.want {
			t.Errorf("%s, %d: %s", test.label, test.number, got)
		}
	}
}

// Who may ask changes without another announcement; a label does not.
func TestFollow(t *testing.T) {
	all := func(netip.Addr) bool { return true }
	p := newPort(&net.UDPConn{}, false)
	a := &announcement{ports: []*port{p}, number: 1}
	a.build(Settings{Label: "nas", Services: mail, Allowed: all}, limit(findLinks(all)))
	before, asked := a.links, 0
	if !a.follow(Settings{Label: "nas", Services: mail, Allowed: func(netip.Addr) bool { asked++; return true }}) {
		t.Fatal("the same is announced again")
	}
	for i, l := range *p.links.Load() {
		seen := asked
		if l.near(l.addrs[0]); l.zone != before[i].zone || asked == seen {
			t.Errorf("%s has another zone, or the rule of before", l.name)
		}
	}
	if a.follow(Settings{Label: "box", Services: mail, Allowed: all}) {
		t.Error("another label is not announced")
	}
}
