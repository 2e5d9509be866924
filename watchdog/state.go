package watchdog

import (
	"fmt"
	"time"
)

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
