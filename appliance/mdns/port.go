package mdns

import (
	"errors"
	"math/rand/v2"
	"net"
	"net/netip"
	"os"
	"sync/atomic"
	"time"
)

// The port and the groups of RFC 6762 §3.
const portNumber = 5353

var (
	group4 = netip.AddrPortFrom(netip.AddrFrom4([4]byte{224, 0, 0, 251}), portNumber)
	group6 = netip.AddrPortFrom(netip.AddrFrom16([16]byte{0xff, 0x02, 15: 0xfb}), portNumber)
)

// A port is the socket of a family, with what is due there. Only its goroutine touches what has no
// other owner.
type port struct {
	conn  *net.UDPConn
	group netip.AddrPort
	wide  bool // IPv6
	began time.Time

	links   atomic.Pointer[[]*link]
	claimed atomic.Bool   // the names are ours; before that nothing is answered
	trouble chan struct{} // another host has a name of ours, or probes for it
	lost    chan struct{} // of two that probe, the other one wins
	zones   []netip.Addr  // keeps the names of interfaces in use, so that reading allocates none

	in, out, control, oob []byte
	late                  []late // of each interface that was asked at, mostLinks at most
}

// mostPacket is the largest message that is read whole; a longer one has more than one frame, and
// the end of it is not read.
const mostPacket = 2048

// mostLinks is on how many interfaces the server answers.
const mostLinks = 8

// A late is what is due on an interface, and when each record was sent there. Times are since the
// start of the port; 0 is never.
type late struct {
	index int
	due   time.Duration // 0: nothing is
	want  set
	from  netip.AddrPort // of a query whose known answers go on
	sent  [mostRecords]time.Duration
}

func newPort(conn *net.UDPConn, wide bool) *port {
	p := &port{
		conn: conn, group: group4, wide: wide, began: time.Now().Add(-time.Hour),
		trouble: make(chan struct{}, 1), lost: make(chan struct{}, 1),
		in: make([]byte, mostPacket), out: make([]byte, 0, mostAnswer), control: make([]byte, controlSize), oob: make([]byte, 0, controlSize),
	}
	if wide {
		p.group = group6
	}
	return p
}

func (p *port) now() time.Duration { return time.Since(p.began) }

// serve answers until the socket is closed.
func (p *port) serve() {
	for {
		p.arm()
		n, controls, _, from, err := p.conn.ReadMsgUDPAddrPort(p.in, p.control)
		switch {
		case err == nil:
			index, group := destination(p.control[:controls], p.wide)
			if l := find(*p.links.Load(), index); l != nil && group {
				p.take(l, p.in[:n], from)
			}
		case errors.Is(err, net.ErrClosed):
			return
		case !errors.Is(err, os.ErrDeadlineExceeded):
			time.Sleep(time.Second) // an interface that went down; the next look finds it
		}
		p.sendDue()
	}
}

// arm sets when reading has to stop for what is due.
func (p *port) arm() {
	next := time.Duration(0)
	for i := range p.late {
		if due := p.late[i].due; due != 0 && (next == 0 || due < next) {
			next = due
		}
	}
	if next == 0 {
		p.conn.SetReadDeadline(time.Time{})
	} else {
		p.conn.SetReadDeadline(p.began.Add(next))
	}
}

// take handles one message that came by multicast, so from this link.
func (p *port) take(l *link, msg []byte, from netip.AddrPort) {
	if own(*p.links.Load(), from.Addr()) {
		return // sent by this machine, and looped back
	}
	z := l.zone
	if !p.claimed.Load() {
		p.takeProbing(z, msg)
		return
	}
	if h, ok := parseHeader(msg); !ok || h.flags&flagQR != 0 {
		if ok && z.contradicts(msg) {
			signal(p.trouble)
		}
		return
	}
	if !l.near(from.Addr()) {
		return
	}
	a, ok := z.read(msg, from.Port() != portNumber)
	if !ok {
		return
	}
	p.decide(l, a, msg, from)
}

// takeProbing looks at a message while the names are not ours yet.
func (p *port) takeProbing(z *zone, msg []byte) {
	switch {
	case z.contradicts(msg):
		signal(p.trouble)
	case z.loses(msg):
		signal(p.lost)
	}
}

// decide sends the answer to a query, or puts it off.
func (p *port) decide(l *link, a response, msg []byte, from netip.AddrPort) {
	d := p.lateOf(l.index)
	if h, _ := parseHeader(msg); h.questions == 0 && d.due != 0 && d.from == from {
		d.want &^= l.zone.knownIn(msg)
		return
	}
	switch {
	case a.records == 0:
	case a.legacy, a.unicast && !a.probe:
		p.out = l.zone.answer(p.out, a)
		// Nobody waits for an error.
		p.conn.WriteMsgUDPAddrPort(p.out, appendControl(p.oob, l.index, p.wide), from)
	case a.probe || a.records&l.zone.shared == 0 && !a.partial:
		p.multicast(l, d, a.records, a.probe)
	default:
		wait := sharedDelay + time.Duration(rand.Int64N(int64(100*time.Millisecond)))
		if a.partial {
			wait += partialDelay
		}
		if d.want |= a.records; d.due == 0 {
			d.due, d.from = p.now()+wait, from
		}
	}
}

// lateOf returns what is due on an interface.
func (p *port) lateOf(index int) *late {
	for i := range p.late {
		if d := &p.late[i]; d.index == index {
			return d
		}
	}
	if len(p.late) >= mostLinks { // interfaces that are gone
		p.late = p.late[:0]
	}
	p.late = append(p.late, late{index: index})
	return &p.late[len(p.late)-1]
}

// sendDue sends what was put off and is due now.
func (p *port) sendDue() {
	for i := range p.late {
		d := &p.late[i]
		if d.due == 0 || d.due > p.now() {
			continue
		}
		d.due = 0
		if l := find(*p.links.Load(), d.index); l != nil && p.claimed.Load() {
			p.multicast(l, d, d.want, false)
		}
		d.want = 0
	}
}

// multicast sends records on an interface; unless they defend a name, without those that were sent
// within the last second.
func (p *port) multicast(l *link, d *late, records set, defend bool) {
	now := p.now()
	for i := range l.zone.records {
		if !records.has(i) {
			continue
		}
		if !defend && d.sent[i] != 0 && now-d.sent[i] < repeatAfter {
			records &^= 1 << i
		} else {
			d.sent[i] = now
		}
	}
	if records == 0 {
		return
	}
	p.out = l.zone.answer(p.out, response{records: records})
	p.conn.WriteMsgUDPAddrPort(p.out, appendControl(p.oob, l.index, p.wide), p.group)
}

func signal(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}

// knownIn returns the records that the answers of a message show to be known.
func (z *zone) knownIn(msg []byte) (found set) {
	h, _ := parseHeader(msg)
	off := headerSize
	for range h.answers {
		r, ok := parseResource(msg, off)
		if !ok {
			return found
		}
		found |= z.known(msg, r)
		off = r.end
	}
	return found
}

// contradicts reports whether a response says that a name of ours is somebody else's: it has a
// record of a type that we have there, with other data. A goodbye does not.
func (z *zone) contradicts(msg []byte) bool {
	h, ok := parseHeader(msg)
	if !ok || h.flags&flagQR == 0 || h.flags&opMask != 0 {
		return false
	}
	off := headerSize
	for range h.questions {
		if _, off = parseQuestion(msg, off); off < 0 {
			return false
		}
	}
	conflict := false
	for range h.answers + h.authority + h.additional {
		r, ok := parseResource(msg, off)
		if !ok {
			return false
		}
		if named, same := z.ours(msg, r); named && !same && r.ttl > 0 && z.exclusive(r.kind) {
			conflict = true
		}
		off = r.end
	}
	return conflict
}

// exclusive reports whether a record of a type takes a name: one with our name that says nothing
// about addresses or services, such as NSEC, does not.
func (z *zone) exclusive(kind uint16) bool {
	return kind == typeA || kind == typeAAAA || kind == typeSRV || kind == typeTXT
}
