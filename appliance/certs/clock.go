package certs

import "time"

// A Reading is one look at the two clocks of a machine.
type Reading struct {
	Wall time.Time     // what the machine believes the date to be
	Mono time.Duration // time since some start that never jumps
}

const (
	plausibleAfter = time.Hour       // in step for so long
	mostSlip       = 2 * time.Minute // the most that a clock may be set between two readings and still be in step
)

// A steady judges the wall clock by readings that come every minute or so. The zero steady has seen none.
type steady struct {
	last  Reading
	since time.Duration // the reading since which the clocks go in step
	any   bool
}

// observe takes a reading; it says whether the clock has been plausible for an hour.
func (s *steady) observe(r Reading, built time.Time) bool {
	slip := r.Wall.Sub(s.last.Wall) - (r.Mono - s.last.Mono)
	if !s.any || slip.Abs() > mostSlip || r.Wall.Before(built) || r.Wall.After(built.Add(authorityLife)) {
		s.since = r.Mono
	}
	s.last, s.any = r, true
	return r.Mono-s.since >= plausibleAfter
}
