package mdns

import (
	"context"
	"time"
)

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
