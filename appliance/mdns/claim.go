package mdns

import (
	"context"
	"strconv"
	"time"
)

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
