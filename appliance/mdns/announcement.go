package mdns

import (
	"context"
	"net/netip"
	"slices"
	"strconv"
	"sync"
	"time"
)

// Settings are what is announced. They may be replaced while Run runs.
type Settings struct {
	// Label is the first label of the host name, in lower case: the name is LABEL.local.
	Label string
	// Services are the ports of the server; 14 at most.
	Services []Service
	// Allowed reports whether an address of an interface may be announced.
	Allowed func(netip.Addr) bool
	// Always answers also where another program has the port.
	Always bool
}

// same reports whether two Settings announce the same on the same interfaces.
func (s *Settings) same(other *Settings) bool {
	return s.Label == other.Label && s.Always == other.Always && slices.Equal(s.Services, other.Services)
}

func limit(links []*link) []*link { return links[:min(len(links), mostLinks)] }

// An announcement is what one run of serve has open.
type announcement struct {
	ports  []*port
	group  sync.WaitGroup
	links  []*link
	s      Settings
	label  string
	number int // of the label; 1 has none
	shown  bool

	changes *changes
	inodes  [2]uint64 // of the sockets of ports
}

func (a *announcement) close() {
	for _, p := range a.ports {
		p.conn.Close()
	}
	a.group.Wait()
	a.changes.close()
}

// build makes the records of all links under the label of the moment.
func (a *announcement) build(s Settings, links []*link) {
	a.s, a.label = s, numbered(s.Label, a.number)
	built := make([]*link, len(links))
	for i, l := range links {
		one := *l
		one.zone = newZone(a.label, l.addrs, s.Services)
		built[i] = &one
	}
	a.links = built
	for _, p := range a.ports {
		p.claimed.Store(false)
		p.unfilter()
		p.join(built)
		p.links.Store(&built)
	}
}

// follow puts settings and links in force that leave what is announced as it is: who may ask, and
// further addresses. It returns false if something else has to be announced.
func (a *announcement) follow(s Settings) bool {
	links := limit(findLinks(s.Allowed))
	if !a.s.same(&s) || !sameLinks(a.links, links) {
		return false
	}
	a.s = s
	for i, l := range links {
		l.zone = a.links[i].zone
	}
	a.links = links
	for _, p := range a.ports {
		p.links.Store(&links)
	}
	return true
}

func (a *announcement) announce() {
	a.each(func(l *link) []byte { return l.zone.answer(nil, response{records: l.zone.all()}) })
}

// goodbye withdraws what was announced.
func (a *announcement) goodbye() {
	if !a.shown {
		return
	}
	a.shown = false
	a.each(func(l *link) []byte {
		msg := l.zone.answer(nil, response{records: l.zone.all()})
		withdraw(msg)
		return msg
	})
}

// each sends a message on every link of every family.
func (a *announcement) each(message func(*link) []byte) {
	for _, l := range a.links {
		msg := message(l)
		for _, p := range a.ports {
			p.conn.WriteMsgUDPAddrPort(msg, appendControl(make([]byte, 0, controlSize), l.index, p.wide), p.group)
		}
	}
}

// channels returns those of the ports; nil for a family that has none.
func (a *announcement) channels() (trouble, lost [2]chan struct{}) {
	for i, p := range a.ports {
		trouble[i], lost[i] = p.trouble, p.lost
	}
	return trouble, lost
}

func (a *announcement) drain() {
	for _, p := range a.ports {
		select {
		case <-p.trouble:
		default:
		}
		select {
		case <-p.lost:
		default:
		}
	}
}

// numbered returns the label that is tried next for a name that is taken: a label has at most 63
// octets (RFC 1035 §2.3.4).
func numbered(label string, number int) string {
	suffix := ""
	if number > 1 {
		suffix = "-" + strconv.Itoa(number)
	}
	return label[:min(len(label), 63-len(suffix))] + suffix
}

// mostRounds is how often probing starts again, be it for another name. After that the server waits
// for some time, as §8.1 asks for, and looks at interfaces and other programs again.
const mostRounds = 15

// claim probes until a name is free, and announces it. It returns timeout when that is done,
// stopped when ctx has ended, and challenged when no name was free.
func (a *announcement) claim(ctx context.Context) event {
	a.drain()
	for sent, rounds := 0, 0; sent < probes; {
		if rounds >= mostRounds {
			return challenged
		}
		a.each(func(l *link) []byte { return l.zone.probe() })
		sent++
		switch a.listen(ctx, probeEvery) {
		case stopped:
			return stopped
		case challenged:
			a.number++
			a.build(a.s, a.links)
			a.drain()
			sent, rounds = 0, rounds+1
		case outvoted:
			if a.listen(ctx, tieDelay) == stopped {
				return stopped
			}
			a.drain()
			sent, rounds = 0, rounds+1
		}
	}
	a.shown = true
	for _, p := range a.ports {
		p.filter(a.label) // without it answers of others cost a wake-up each
		p.claimed.Store(true)
	}
	a.announce()
	if a.listen(ctx, announceGap) == stopped {
		return stopped
	}
	a.announce()
	return timeout
}

// An event is why waiting ended.
type event int

const (
	timeout event = iota
	stopped
	challenged  // somebody has a name of ours
	outvoted    // somebody who probes for it, too, goes first
	heldByOther // another program has the port
	moved       // settings or addresses have changed
)

// listen waits for d, or for one of the events of the ports.
func (a *announcement) listen(ctx context.Context, d time.Duration) event {
	timer := time.NewTimer(d)
	defer timer.Stop()
	trouble, lost := a.channels()
	select {
	case <-timer.C:
		return timeout
	case <-ctx.Done():
		return stopped
	case <-trouble[0]:
	case <-trouble[1]:
	case <-lost[0]:
		return outvoted
	case <-lost[1]:
		return outvoted
	}
	return challenged
}
