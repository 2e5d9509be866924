package spool

import (
	"slices"

	"pillarbox/spool/flash"
)

// fullSegment is the share of a slot's bytes, in percent, above which copying it brings nothing.
const fullSegment = 97

// movable says whether a segment can be emptied and copying gains something. Spool.mu is held.
func (s *Spool) movable(sl *slot) bool {
	return sl != nil && sl.counts() && sl.sealed && sl.live > 0 && sl.writers == 0 && !sl.stuck &&
		sl.bytes <= s.format.slotSize/100*fullSegment
}

// victim returns the segment to be emptied, or nil when copying gains nothing: the one that frees most for what it costs, see price.
// (Weighing in the age of a segment, as log-structured file systems do, copied more in every simulation of a
// household.) When slots are short, large mail is moved if the cold bulk segment has room for it, so that no slot is needed
// beside the one for records. It looks at all rows. Spool.mu is held.
func (s *Spool) victim() *slot {
	if !slices.ContainsFunc(s.slots, s.movable) {
		return nil
	}
	short := s.available() <= reservedSlots
	young := s.youngBytes()
	var best, easy *slot
	for _, sl := range s.slots {
		if !s.movable(sl) {
			continue
		}
		if best == nil || s.price(sl, young) < s.price(best, young) {
			best = sl
		}
		fits := sl.header.class.isLog() || sl.bytes+int64(sl.live)*flash.Page <= s.coldRoom
		if fits && (easy == nil || s.price(sl, young) < s.price(easy, young)) {
			easy = sl
		}
	}
	if short && easy != nil {
		return easy
	}
	return best
}

// price returns what a byte costs that is freed by emptying a segment, in bytes to be written. Young mail counts twice: much of it
// will be expunged soon, and is copied for nothing when one does not wait. Spool.mu is held.
func (s *Spool) price(sl *slot, young []int64) float64 {
	return float64(sl.bytes+young[sl.number]) / float64(s.format.slotSize-sl.bytes)
}

// youngBytes returns, by slot, how many live bytes came in the last days. Spool.mu is held.
func (s *Spool) youngBytes() []int64 {
	young := make([]int64, len(s.slots))
	today := s.today()
	for _, box := range s.mailboxes {
		for i := range box.rows {
			r := &box.rows[i]
			if r.age(today) >= judgedDays || box.dead.has(i) {
				continue
			}
			rec := s.records[r.place()]
			if rec == nil {
				young[r.slot] += weigh(r.octets)
				continue
			}
			young[r.slot] += rec.weight / int64(max(rec.live, 1))
			for _, e := range rec.extents {
				young[e.slot] += int64(e.length) / int64(max(rec.live, 1))
			}
		}
	}
	return young
}
