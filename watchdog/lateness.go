package watchdog

import "time"

// Lateness counts how late the feeds were, to distinguish a hang from an overloaded machine.
type Lateness struct {
	Feeds   uint64
	Most    time.Duration
	Counted [len(lateBounds) + 1]uint64 // feeds up to each bound of LateBounds, and later ones
	tight   uint64                      // feeds later than half a tick
}

// lateBounds are the bounds of the counts.
var lateBounds = [...]time.Duration{10 * time.Millisecond, 100 * time.Millisecond, time.Second, 10 * time.Second}

// LateBounds returns the upper bounds of the counts in Counted.
func LateBounds() []time.Duration { return lateBounds[:] }

// add counts a feed. It reports whether it should be logged: it is later than half a tick, and it
// is the 1st, 2nd, 4th, 8th … such feed.
func (l *Lateness) add(late, tick time.Duration) (log bool) {
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

// rarely reports whether n is 1, 2, 4, 8 …
func rarely(n uint64) bool { return n&(n-1) == 0 }
