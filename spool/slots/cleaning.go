package slots

import (
	"cmp"
	"slices"
	"time"

	"pillarbox/spool/flash"
	"pillarbox/spool/format"
)

// A Cleaning is what package commit must know of a table to retire segments and to move mail out of
// them.
type Cleaning struct{ table *Table }

// Cleaning returns the cleaner's side of the table.
func (t *Table) Cleaning() Cleaning { return Cleaning{t} }

// Retirable reports whether a segment could be retired.
func (c Cleaning) Retirable() bool {
	s := c.table.lock()
	defer c.table.mu.Unlock()
	return len(s.dead()) > 0 || slices.ContainsFunc(s.slots, func(sl *slot) bool { return sl != nil && sl.stale(0) != nil })
}

// Exhausted reports whether the last free slot was taken.
func (c Cleaning) Exhausted() bool {
	room := c.table.space()
	s := c.table.lock()
	defer c.table.mu.Unlock()
	return s.available(room) == 0
}

// Short reports whether only the slots are left that new mail leaves alone.
func (c Cleaning) Short() bool {
	room := c.table.space()
	s := c.table.lock()
	defer c.table.mu.Unlock()
	return s.available(room) <= Reserved
}

// Dead returns the log segments that can be retired, the oldest first.
func (c Cleaning) Dead() []format.SegmentRef {
	s := c.table.lock()
	defer c.table.mu.Unlock()
	return s.dead()
}

func (s *state) dead() []format.SegmentRef {
	var dead []format.SegmentRef
	for _, sl := range s.slots {
		if sl != nil && sl.Dead() && s.ripe(sl) {
			dead = append(dead, format.SegmentRef{Slot: sl.number, Segment: sl.Header.Segment})
		}
	}
	format.Sort(dead, func(a, b format.SegmentRef) int { return cmp.Compare(a.Segment, b.Segment) })
	return dead
}

// RetiredBy returns the stale headers that a record in the segment home retires; of home 0 those
// that no record retires yet.
func (c Cleaning) RetiredBy(home uint64) (list []format.SegmentRef) {
	s := c.table.lock()
	defer c.table.mu.Unlock()
	for _, sl := range s.slots {
		if sl == nil {
			continue
		}
		for _, h := range sl.Stale {
			if h.Home == home {
				list = append(list, format.SegmentRef{Slot: sl.number, Segment: h.Segment})
			}
		}
	}
	return list
}

// Counting returns those of some segments that count.
func (c Cleaning) Counting(segments map[uint64]struct{}) map[uint64]bool {
	s := c.table.lock()
	defer c.table.mu.Unlock()
	counting := make(map[uint64]bool)
	for _, sl := range s.slots {
		if sl == nil || !sl.Counts() {
			continue
		}
		if _, ok := segments[sl.Header.Segment]; ok {
			counting[sl.Header.Segment] = true
		}
	}
	return counting
}

// ColdReserve returns how many slots what is moved must leave alone. A segment of tombstones alone
// dies when it is full, and its slot is the next but one for those that follow: so deletes go on
// with one free slot, however many come. One more is needed as long as there is mail in the segment
// that they are written to.
func (c Cleaning) ColdReserve() int {
	s := c.table.lock()
	defer c.table.mu.Unlock()
	return s.coldReserve()
}

// ColdLog returns how many bytes are left in the active segment of the cold log.
func (c Cleaning) ColdLog() int64 {
	s := c.table.lock()
	defer c.table.mu.Unlock()
	return s.coldLog
}

// A Victim is a segment that is to be emptied. Its slot is pinned.
type Victim struct {
	Slot    uint32
	Segment uint64
	IsLog   bool
	File    flash.File
}

// TakeVictim pins the segment that is to be emptied; ok is false if copying gains nothing. young is
// how many live bytes of each slot came in the last days.
func (c Cleaning) TakeVictim(young []int64) (v Victim, ok bool, err error) {
	room := c.table.space()
	s := c.table.lock()
	sl := s.victim(young, room)
	if sl == nil {
		c.table.mu.Unlock()
		return Victim{}, false, nil
	}
	v = Victim{sl.number, sl.Header.Segment, sl.Header.Class.IsLog(), sl.file}
	sl.pins++
	c.table.mu.Unlock()
	if v.File == nil {
		v.File, err = c.table.open(sl)
	}
	return v, true, err
}

// VictimBytes returns how many bytes live in the segment that would be emptied; ok is false if
// copying gains nothing.
func (c Cleaning) VictimBytes(young []int64) (n int64, ok bool) {
	room := c.table.space()
	s := c.table.lock()
	defer c.table.mu.Unlock()
	sl := s.victim(young, room)
	if sl == nil {
		return 0, false
	}
	return sl.Bytes, true
}

// AnyMovable reports whether there is a segment that can be emptied and copying gains something.
// Only then young bytes need to be counted.
func (c Cleaning) AnyMovable() bool {
	s := c.table.lock()
	defer c.table.mu.Unlock()
	return slices.ContainsFunc(s.slots, s.movable)
}

// Rounds bounds how many segments a compaction of the whole spool empties: each segment is moved
// and retired once, and so is where it went.
func (c Cleaning) Rounds() int {
	s := c.table.lock()
	defer c.table.mu.Unlock()
	return 3 * s.most()
}

// Hurry makes the empty slots free whatever copy is being made, because their room is needed, and
// breaks the hold. It returns false if there are none. What is only done ahead of time breaks no
// hold.
func (c Cleaning) Hurry(ahead bool) bool {
	s := c.table.lock()
	defer c.table.mu.Unlock()
	n := s.waiting()
	if n == 0 || ahead && s.holds > 0 {
		return false
	}
	s.hurried += n
	s.broken = true
	for _, sl := range s.slots {
		if sl != nil && sl.empty() {
			sl.Moved = time.Time{}
		}
	}
	return true
}

// Ripen frees the bulk slots out of which everything was moved a while ago. Log segments need a
// record for it.
func (c Cleaning) Ripen() {
	s := c.table.lock()
	defer c.table.mu.Unlock()
	for _, sl := range s.slots {
		if sl != nil && sl.Header.Class == format.ClassBulk && sl.empty() {
			s.retireBulk(sl)
		}
	}
}

// Visit calls v with what a log segment that was sealed holds. The slot is pinned meanwhile.
func (c Cleaning) Visit(n uint32, v format.Visitor) error {
	s := c.table.lock()
	known := Segment{}
	if sl := s.slot(n); sl != nil {
		known = sl.Segment
	}
	c.table.mu.Unlock()
	file, err := c.table.PinSegment(n, known.Header.Segment)
	if err != nil {
		return err
	}
	defer c.table.Unpin(n)
	return VisitFile(file, &known, c.table.opt.Format, v)
}
