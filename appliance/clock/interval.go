package clock

import "time"

const (
	day = 24 * time.Hour
	// LastDay is the last day that a store can name.
	LastDay = 1<<16 - 1
)

// DayOf returns the day of a time, as labels name it: days since 1970, UTC. It returns 0 before
// that, and at most 65535, which is in the year 2149.
func DayOf(t time.Time) int {
	if t.Unix() < 0 {
		return 0
	}
	return int(min(t.Unix()/int64(day/time.Second), LastDay))
}

// An Interval is the time up to now in which the wall clock was trusted. In the zero Interval it is
// not trusted.
type Interval struct {
	Since, Now time.Time
}

// Trusted reports whether the date can be trusted now.
func (i Interval) Trusted() bool { return !i.Since.IsZero() }

// Age returns how many whole days have certainly passed since something that happened on a day, by
// the clock of then; 0 if nothing is certain. A day in the future was written by a clock that was
// wrong, so before the interval. Tomorrow does not count as one, because a clock may be set back a
// little at midnight.
func (i Interval) Age(of int) int {
	if !i.Trusted() {
		return 0
	}
	from := i.Since
	end := time.Unix(int64(of+1)*int64(day/time.Second), 0)
	if of <= DayOf(i.Now)+1 && end.After(from) {
		from = end
	}
	return max(0, int(i.Now.Sub(from)/day))
}
