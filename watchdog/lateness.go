package watchdog

import "time"

// Lateness counts how late the feeds came, so that "locked up" can be told from "fed late".
type Lateness struct {
	Feeds   uint64
	Most    time.Duration
	Counted [len(lateBounds) + 1]uint64 // of feeds later than each bound of LateBounds, the first those that were not
	tight   uint64                      // later than half a tick
}

// lateBounds are the bounds of the counts.
var lateBounds = [...]time.Duration{10 * time.Millisecond, 100 * time.Millisecond, time.Second, 10 * time.Second}

// LateBounds returns the bounds that Counted is divided by.
func LateBounds() []time.Duration { return lateBounds[:] }

// add counts a feed; tell: it was so late that somebody should know, and that is rare.
func (l *Lateness) add(late, tick time.Duration) (tell bool) {
	l.Feeds++
	l.Most = max(l.Most, late)
	i := 0
	for i < len(lateBounds) && late > lateBounds[i] {
		i++
	}
	l.Counted[i]++
	if late <= tick/2 {
		return false
	}
	l.tight++
	return rarely(l.tight)
}

// rarely is true for the 1st, 2nd, 4th, 8th … time.
func rarely(n uint64) bool { return n&(n-1) == 0 }
