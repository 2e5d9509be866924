package slots

import (
	"slices"

	"pillarbox/spool/flash"
)

// leastGain is the share of a slot's bytes, in percent, that emptying it has to free at least.
const leastGain = 3

// MoveBytes is about how much mail is moved in one batch.
const MoveBytes = 256 << 10

// movable reports whether a segment can be emptied and copying gains something. As long as it is
// read its slot would not be free.
func (s *state) movable(sl *slot) bool {
	return sl != nil && sl.Counts() && sl.Sealed && sl.Live > 0 && sl.pins == 0 && sl.writers == 0 && !sl.Stuck &&
		s.gain(sl) >= s.opt.Format.SlotSize/100*leastGain
}

// gain returns how many bytes fewer the mail of a segment takes once it is moved: what was
// expunged, and what lies loose between records, less what lies loose where they go. A segment that
// was just written by moves gains nothing by being moved again, however large its messages are:
// otherwise a spool that is nearly full would move mail permanently.
func (s *state) gain(sl *slot) int64 {
	size := s.opt.Format.SlotSize
	if !sl.Header.Class.IsLog() {
		return size - flash.Page - sl.Bytes
	}
	batch := min(MoveBytes, size/2)
	return sl.Loose + sl.Stored - sl.Bytes - flash.Page*(size/batch+1)
}

// gainable returns how many slots moving mail would free, at least one where it frees something.
func (s *state) gainable(available int) int {
	bytes := int64(0)
	short := available <= Reserved
	for _, sl := range s.slots {
		if s.movable(sl) && (!short || s.fitsCold(sl, available)) {
			bytes += s.gain(sl)
		}
	}
	return int((bytes + s.opt.Format.SlotSize - 1) / s.opt.Format.SlotSize)
}

// victim returns the segment to be emptied, or nil if copying gains nothing: the one that frees
// most for what it costs, see price. (The cost-benefit policy of log-structured file systems, which
// weighs the age of a segment, copied more in every simulation of a household.)
//
// When slots are short, only what needs one slot at most to move to is moved: otherwise the first
// slot would be taken in vain when there is no second one.
func (s *state) victim(young []int64, room space) *slot {
	if !slices.ContainsFunc(s.slots, s.movable) {
		return nil
	}
	available := s.available(room)
	var best, easy *slot
	for _, sl := range s.slots {
		if !s.movable(sl) {
			continue
		}
		if best == nil || s.price(sl, young) < s.price(best, young) {
			best = sl
		}
		if s.fitsCold(sl, available) && (easy == nil || s.price(sl, young) < s.price(easy, young)) {
			easy = sl
		}
	}
	if available <= Reserved {
		return easy
	}
	return best
}

// fitsCold reports whether what lives in a segment can be moved with the slots that there are: none
// is needed where the active cold segments have room, and one may be taken.
func (s *state) fitsCold(sl *slot, available int) bool {
	mayTake := available > s.coldReserve()
	if sl.Header.Class.IsLog() {
		return mayTake || sl.Bytes+sl.Bytes/8+2*flash.Page <= s.coldLog
	}
	recordsFit := int64(sl.Live)*flash.Page <= s.coldLog
	extentsFit := sl.Bytes <= s.coldBulk
	switch {
	case recordsFit && extentsFit:
		return true
	case recordsFit || extentsFit:
		return mayTake // for the other ones
	}
	return false
}

// price returns what a byte costs that is freed by emptying a segment, in bytes to be written.
// Young mail counts twice: much of it will be expunged soon, and is copied for nothing when one
// does not wait.
func (s *state) price(sl *slot, young []int64) float64 {
	bytes := sl.Bytes
	if int(sl.number) < len(young) {
		bytes += young[sl.number]
	}
	return float64(bytes) / float64(s.opt.Format.SlotSize-sl.Bytes)
}

func (s *state) coldReserve() int {
	if sl := s.hot; sl != nil && sl.Live == 0 {
		return 1
	}
	return 2
}
