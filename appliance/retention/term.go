package retention

import "time"

const (
	day = 24 * time.Hour
	// lastDay is the last one that a store can name.
	lastDay = 1<<16 - 1
)

// DayOf returns the day of a time, as marks name it: days since 1970, UTC; 0 before that, and at most 65535, in the year 2149.
func DayOf(t time.Time) int {
	if t.Unix() < 0 {
		return 0
	}
	return int(min(t.Unix()/int64(day/time.Second), lastDay))
}

// A Term is a stretch of time in which the wall clock could be believed, up to now. In the zero Term it cannot.
type Term struct {
	Since, Now time.Time
}

// Believed says whether the date can be believed now.
func (t Term) Believed() bool { return !t.Since.IsZero() }

// Age returns how many whole days have certainly passed since something that happened on that day, by the clock of then; 0
// when nothing is certain. A day that is still to come was written by a clock that was wrong, so before the term; tomorrow is not counted
// as one, for a clock may be set back a little at midnight.
func (t Term) Age(of int) int {
	if !t.Believed() {
		return 0
	}
	from := t.Since
	if end := time.Unix(int64(of+1)*int64(day/time.Second), 0); of <= DayOf(t.Now)+1 && end.After(from) {
		from = end
	}
	return max(0, int(t.Now.Sub(from)/day))
}
