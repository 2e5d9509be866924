package watchdog

import (
	"context"
	"fmt"
	"sync/atomic"
	"time"
)

// A Device resets the machine, or restarts this program, unless it is fed within Timeout.
type Device interface {
	// Feed restarts the timeout.
	Feed() error
	// Timeout returns the longest time that the device accepts between two feeds.
	Timeout() time.Duration
	// Disarm stops the device, at an orderly end of the program.
	Disarm() error
}

// A Check is one health check of the server.
type Check struct {
	Name  string        // a word for logs and for the reason of a reset
	Every time.Duration // how often Run is called, at the nearest tick of the feeder; 0 for each tick
	Grace time.Duration // how long the check counts as passed after Run has returned nil
	// Run returns nil if the check passes. It does not write to flash. It should return when ctx
	// ends. If it does not, it is not called again until it returns, and the check fails after
	// Grace.
	Run func(ctx context.Context) error
}

// A Lease is the health check of a loop: it passes while the loop calls Renew at least once a Term.
type Lease struct {
	Name  string
	Term  time.Duration
	turns atomic.Uint64
}

// Renew records a turn of the loop. Any goroutine may call it; it costs one atomic addition.
func (l *Lease) Renew() { l.turns.Add(1) }

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

// A state is the state of one check or lease. Feeder.mu guards it.
type state struct {
	name  string
	grace time.Duration
	check *Check // nil for a lease
	lease *Lease

	turns   uint64 // of the lease, at the last poll
	running bool
	over    chan struct{} // closed at the end of the last Run
	started time.Time     // when the last Run began
	took    time.Duration // how long the last Run took that has ended
	passed  time.Time     // when it last passed, or when the feeder began
	since   time.Time     // the first pass since the last failure; zero if there is none
	err     error         // of the last Run
}

// due reports whether Run is called at this tick, which is the nearest to its time.
func (s *state) due(now time.Time, tick time.Duration) bool {
	if s.check == nil || s.running {
		return false
	}
	return s.started.IsZero() || now.Sub(s.started) >= s.check.Every-tick/2
}

// poll records a pass if the lease was renewed.
func (s *state) poll(now time.Time) {
	if s.lease == nil {
		return
	}
	if turns := s.lease.turns.Load(); turns != s.turns {
		s.turns = turns
		s.record(now, nil)
	}
}

// record records the result of a Run.
func (s *state) record(now time.Time, err error) {
	if s.running {
		s.took = now.Sub(s.started)
	}
	s.running, s.err = false, err
	switch {
	case err != nil:
		s.since = time.Time{}
	case s.since.IsZero():
		s.since = now
		fallthrough
	default:
		s.passed = now
	}
}

// fault returns why the check has failed, or "" if it has passed within its grace.
func (s *state) fault(now time.Time) string {
	age := now.Sub(s.passed)
	if age <= s.grace {
		return ""
	}
	age = age.Round(time.Second)
	switch {
	case s.lease != nil:
		return fmt.Sprintf("not renewed for %v", age)
	case s.running:
		return fmt.Sprintf("no answer for %v", now.Sub(s.started).Round(time.Second))
	case s.err != nil:
		return fmt.Sprintf("%v, for %v", s.err, age)
	}
	return fmt.Sprintf("not checked for %v", age)
}
