package certs

import "time"

// A Reading is one look at the two clocks of a machine.
type Reading struct {
	Wall time.Time     // what the machine believes the date to be
	Mono time.Duration // time since some start that never jumps
}

const (
	plausibleAfter = time.Hour       // in step for so long
	leapAfter      = 6 * time.Hour   // the same, when it has left out the time in which a certificate is renewed
	mostSlip       = 2 * time.Minute // the most that a clock may be set between two readings and still be in step
)

// A steady judges the wall clock by readings that come every minute or so. The zero steady has seen none.
type steady struct {
	last  Reading
	since time.Duration // the reading since which the clocks go in step
	any   bool
}

// observe takes a reading; it says for how long the clock has been plausible.
func (s *steady) observe(r Reading, built time.Time) time.Duration {
	slip := r.Wall.Sub(s.last.Wall) - (r.Mono - s.last.Mono)
	if !s.any || slip.Abs() > mostSlip || r.Wall.Before(built) || r.Wall.After(built.Add(authorityLife)) {
		s.since = r.Mono
	}
	s.last, s.any = r, true
	return r.Mono - s.since
}

// due says whether a certificate is to be renewed, by a clock that has been plausible for so long: its end is near, or a clock that was wrong
// has made it, so that it does not hold yet. A leap over its end is more often a wrong clock than a long sleep, so it has to last.
func due(notBefore, notAfter time.Time, r Reading, plausible time.Duration) bool {
	switch {
	case r.Wall.After(notAfter):
		return plausible >= leapAfter
	case r.Wall.Before(notBefore), r.Wall.After(notAfter.Add(-renewBefore)):
		return plausible >= plausibleAfter
	}
	return false
}
