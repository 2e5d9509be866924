package clock

import (
	"sync"
	"time"
)

// A Reading is one look at the two clocks of a machine.
type Reading struct {
	Wall time.Time     // the date as the machine has it
	Up   time.Duration // since some start; it is never set, and goes on while the machine sleeps
}

const (
	mostSlip     = 2 * time.Minute // the most by which the clocks may part, in addition to slipShare
	slipShare    = 1000            // a thousandth of the elapsed time: clocks are slewed by less
	anchorFor    = day             // how long slips add up; older ones are dropped
	settlingTime = time.Hour       // of a run, in which the date may still be learned
	mostGap      = 7 * day         // by which a start may be later than the time in the record
)

// A Clock judges the wall clock. It may be used by several goroutines.
type Clock struct {
	source func() Reading
	built  time.Time
	kept   Record // of the previous run; the zero Record if there is none
	began  time.Duration

	mu     sync.Mutex
	since  time.Time     // the beginning of the trusted interval; zero if the clock is not trusted
	step   time.Duration // the uptime since which the wall clock has not been set
	anchor Reading       // the clock is trusted as long as readings go in step with this one
}

// New returns the judge of a clock, with the record of the previous run. The clock is not trusted
// before built, the date of the build.
func New(read func() Reading, built time.Time, kept Record) *Clock {
	first := read()
	c := &Clock{source: read, built: built, kept: kept, began: first.Up, step: first.Up}
	c.judge(first)
	return c
}

// Now returns the wall clock, trusted or not.
func (c *Clock) Now() time.Time { return c.source().Wall }

// Uptime returns the uptime.
func (c *Clock) Uptime() time.Duration { return c.source().Up }

// Interval reads the clock and returns the trusted interval. It has to be called every minute or
// so, because each call compares with the one before.
func (c *Clock) Interval() Interval {
	c.mu.Lock()
	defer c.mu.Unlock()
	r := c.source()
	c.judge(r)
	return Interval{c.since, r.Wall}
}

// Steady reads the clock and returns the date, and for how long within this run the clock has been
// trusted without being set.
func (c *Clock) Steady() (now time.Time, steady time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	r := c.source()
	c.judge(r)
	return r.Wall, r.Up - c.step
}

// Settled reports whether the first hour of the run is over.
func (c *Clock) Settled() bool { return c.source().Up-c.began >= settlingTime }

// Keeper returns the keeper of the file that had the record of the previous run.
func (c *Clock) Keeper() *Keeper { return NewKeeper(c.kept, c.began) }

// Record returns the record for the next run; ok is false if the clock is not trusted.
func (c *Clock) Record() (r Record, ok bool) {
	i := c.Interval()
	return Record{i.Since, i.Now}, i.Trusted()
}

func (c *Clock) judge(r Reading) {
	switch {
	case r.Wall.Before(c.built):
		c.since, c.step = time.Time{}, r.Up
		return
	case !c.since.IsZero() && c.anchor.inStep(r):
		if r.Up-c.anchor.Up < anchorFor {
			return
		}
	case c.continues(r):
		c.since, c.step = c.kept.Since, r.Up
	default:
		c.since, c.step = r.Wall, r.Up
	}
	c.anchor = r
}

// inStep reports whether both clocks have advanced alike from one reading to the other.
func (a Reading) inStep(r Reading) bool {
	passed := r.Up - a.Up
	return (r.Wall.Sub(a.Wall) - passed).Abs() <= mostSlip+passed/slipShare
}

// continues reports whether a reading of the first hour continues the interval of the previous run.
func (c *Clock) continues(r Reading) bool {
	passed := r.Up - c.began
	if c.kept.Since.IsZero() || passed >= settlingTime {
		return false
	}
	gap := r.Wall.Sub(c.kept.Seen) - passed
	return gap >= -mostSlip && gap <= mostGap
}
