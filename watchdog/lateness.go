package watchdog

import "time"

// Lateness is how late the feeds were, to distinguish a hang from an overloaded machine.
type Lateness struct {
	Feeds uint64
	Most  time.Duration
	tight uint64 // feeds later than half a tick
}

// add counts a feed. It reports whether it should be logged: it is later than half a tick, and it
// is the 1st, 2nd, 4th, 8th … such feed.
func (l *Lateness) add(late, tick time.Duration) (log bool) {
	l.Feeds++
	l.Most = max(l.Most, late)
	if late <= tick/2 {
		return false
	}
	l.tight++
	return rarely(l.tight)
}

// rarely reports whether n is 1, 2, 4, 8 …
func rarely(n uint64) bool { return n&(n-1) == 0 }
