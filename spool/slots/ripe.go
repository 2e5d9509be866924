package slots

import (
	"time"

	"pillarbox/spool/format"
)

func (s *state) held() bool { return s.holds > 0 && !s.broken }

// ripe reports whether no copy that is being made now needs what was moved out of a slot.
func (s *state) ripe(sl *slot) bool {
	return !s.held() && (sl.Moved.IsZero() || time.Since(sl.Moved) >= s.opt.CopyTime)
}

// waiting counts the empty slots that a copy may need.
func (s *state) waiting() int {
	n := 0
	for _, sl := range s.slots {
		if sl != nil && sl.empty() && !s.ripe(sl) {
			n++
		}
	}
	return n
}

// noteHurry counts a slot that is taken although a copy may need what it says.
func (s *state) noteHurry(sl *slot) {
	if !sl.freed.IsZero() && time.Since(sl.freed) < s.opt.CopyTime {
		s.hurried++
	}
}

// retireBulk frees a bulk slot, when it is ripe: no record names its extents.
func (s *state) retireBulk(sl *slot) {
	if !s.ripe(sl) {
		return
	}
	sl.Retired = true
	sl.freed = time.Now()
}

// retireEmptyBulk frees a slot if it is a bulk slot in which nothing lives.
func (s *state) retireEmptyBulk(sl *slot) {
	if sl.Header.Class == format.ClassBulk && sl.empty() {
		s.retireBulk(sl)
	}
}
