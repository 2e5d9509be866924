package spool

import (
	"slices"

	"pillarbox/spool/flash"
)

// leastGain is the share of a slot's bytes, in percent, that emptying it has to free at least.
const leastGain = 3

// movable says whether a segment can be emptied and copying gains something. As long as somebody reads it its slot would not be
// free. Spool.mu is held.
func (s *Spool) movable(sl *slot) bool {
	return sl != nil && sl.counts() && sl.sealed && sl.live > 0 && sl.pins == 0 && sl.writers == 0 && !sl.stuck &&
		s.gain(sl) >= s.format.slotSize/100*leastGain
}

// gain returns how many bytes fewer the mail of a segment takes once it is moved: what was expunged, and what lies loose between records, less
// what lies loose where they go. A segment that was just written by moves gains nothing by being moved again, however large its mails
// are: else a spool that is nearly full would move mail for ever. Spool.mu is held.
func (s *Spool) gain(sl *slot) int64 {
	if !sl.header.class.isLog() {
		return s.format.slotSize - flash.Page - sl.bytes
	}
	batch := min(moveBytes, s.format.slotSize/2)
	return sl.loose + sl.stored - sl.bytes - flash.Page*(s.format.slotSize/batch+1)
}

// victim returns the segment to be emptied, or nil when copying gains nothing: the one that frees most for what it costs, see price.
// (Weighing in the age of a segment, as log-structured file systems do, copied more in every simulation of a
// household.) When slots are short, only what needs one slot at most to move to is moved: who begins and finds no second one has taken the first in
// vain. It looks at all rows. Spool.mu is held.
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
		if s.fitsCold(sl) && (easy == nil || s.price(sl, young) < s.price(easy, young)) {
			easy = sl
		}
	}
	if short {
		return easy
	}
	return best
}

// fitsCold says whether what lives in a segment can be moved with the slots that there are: none is needed where the active cold
// segments have room, and one may be taken. Spool.mu is held.
func (s *Spool) fitsCold(sl *slot) bool {
	one := s.available() > s.coldReserveLocked()
	if sl.header.class.isLog() {
		return one || sl.bytes+sl.bytes/8+2*flash.Page <= s.coldLogRoom
	}
	records := int64(sl.live)*flash.Page <= s.coldLogRoom
	return records && (one || sl.bytes <= s.coldRoom) || one && sl.bytes <= s.coldRoom
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
				young[e.slot] += e.bytes() / int64(max(rec.live, 1))
			}
		}
	}
	return young
}
