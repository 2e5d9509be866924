package retention

import (
	"sync"
	"time"
)

// A Reading is one look at the two clocks of a machine.
type Reading struct {
	Wall time.Time     // what the machine believes the date to be
	Up   time.Duration // since some start; never set, and goes on while the machine sleeps
}

const (
	mostSlip     = 2 * time.Minute // the most that the clocks part, beside
	slipShare    = 1000            // a thousandth of what has passed: clocks are slewed by less
	anchorFor    = day             // so long slips add up; what is older is forgiven
	settlingTime = time.Hour       // of a run, in which the date may still be learned
	mostGap      = 7 * day         // by which a start may be later than what was last seen
)

// A Witness judges the wall clock. It may be used by several goroutines.
type Witness struct {
	// Set at birth.
	clock func() Reading
	built time.Time
	kept  Record // of the run before; zero: there is none
	began time.Duration

	mu     sync.Mutex
	since  time.Time // zero: the clock cannot be believed
	anchor Reading   // since is believed as long as readings go in step with it
}

// NewWitness returns a witness of a clock, which knows what the run before has kept. The clock cannot be believed before built.
func NewWitness(clock func() Reading, built time.Time, kept Record) *Witness {
	first := clock()
	w := &Witness{clock: clock, built: built, kept: kept, began: first.Up}
	w.look(first)
	return w
}

// Term reads the clock, and returns since when it can be believed. It is to be called every minute or so: a jump is found by it.
func (w *Witness) Term() Term {
	w.mu.Lock()
	defer w.mu.Unlock()
	r := w.clock()
	w.look(r)
	return Term{w.since, r.Wall}
}

// Settled says whether the first hour of the run is over.
func (w *Witness) Settled() bool { return w.clock().Up-w.began >= settlingTime }

// Record returns what the next run should know; ok is false when the clock cannot be believed.
func (w *Witness) Record() (r Record, ok bool) {
	t := w.Term()
	return Record{t.Since, t.Now}, t.Believed()
}

func (w *Witness) look(r Reading) {
	switch {
	case r.Wall.Before(w.built):
		w.since = time.Time{}
		return
	case !w.since.IsZero() && w.anchor.inStep(r):
		if r.Up-w.anchor.Up < anchorFor {
			return
		}
	case w.continues(r):
		w.since = w.kept.Since
	default:
		w.since = r.Wall
	}
	w.anchor = r
}

// inStep says whether both clocks have gone the same way from one reading to the other.
func (a Reading) inStep(r Reading) bool {
	passed := r.Up - a.Up
	return (r.Wall.Sub(a.Wall) - passed).Abs() <= mostSlip+passed/slipShare
}

// continues says whether a reading of the first hour goes on where the run before ended.
func (w *Witness) continues(r Reading) bool {
	passed := r.Up - w.began
	if w.kept.Since.IsZero() || passed >= settlingTime {
		return false
	}
	gap := r.Wall.Sub(w.kept.Seen) - passed
	return gap >= -mostSlip && gap <= mostGap
}
