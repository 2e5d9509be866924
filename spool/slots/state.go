package slots

import (
	"time"

	"pillarbox/spool/flash"
	"pillarbox/spool/format"
)

// Options are what a table is made with.
type Options struct {
	Volume   flash.Volume // where the slots lie
	Format   *format.Format
	Capacity int64         // bytes that all slots may take together
	CopyTime time.Duration // how long a copy of the folder may take, see Hold
	Wake     func()        // called when Maintain has something to do; it must not block
}

// A state is what Table.mu guards. Its methods are called with the lock held.
type state struct {
	opt         *Options // which never change
	closed      bool
	slots       []*slot // by number; nil where there is none yet
	lastSegment uint64
	open        int   // slot files that are open
	live        int64 // live bytes of all slots
	pending     int64 // bytes of deliveries that have not ended
	cramped     bool  // the file system had no room for another slot
	holds       int   // see Hold
	broken      bool  // the hold was not kept
	hurried     int   // slots that were used again before CopyTime was over
	faults      int   // errors of the device
	lastFault   error
	proven      int // steps of nextProof

	hot      *slot // of the active segment of the hot log
	coldLog  int64 // bytes left in the active segment of the cold log
	coldBulk int64 // bytes left in the segment that large mail is moved to
}

// Reserved is how many slots new mail leaves alone: two are for deletes, so that they always work,
// and one for making room, see coldReserve.
const Reserved = 3

// slot returns the slot of that number, or nil. A record may name any number, also one that no int
// of 32 bits holds.
func (s *state) slot(n uint32) *slot {
	if int64(n) >= int64(len(s.slots)) {
		return nil
	}
	return s.slots[n]
}

// existing counts the free slots that have a file.
func (s *state) existing() int {
	free := 0
	for _, sl := range s.slots {
		if sl != nil && sl.exists && sl.free() {
			free++
		}
	}
	return free
}

// missing counts the slots that the capacity allows and that have no file.
func (s *state) missing() int {
	n := 0
	for number := range s.most() {
		if number >= len(s.slots) || s.slots[number] == nil || !s.slots[number].exists && s.slots[number].free() {
			n++
		}
	}
	return n
}

// most is how many slots there may be: what the capacity allows, and what there is.
func (s *state) most() int {
	return max(int(s.opt.Capacity/s.opt.Format.SlotSize), len(s.slots))
}

// longestFree returns the existing slot that has been free longest, or nil.
func (s *state) longestFree() *slot {
	var found *slot
	for _, sl := range s.slots {
		if sl != nil && sl.exists && sl.free() && (found == nil || sl.freed.Before(found.freed)) {
			found = sl
		}
	}
	return found
}

// fresh returns a slot that has no file yet, or nil if the capacity allows no more.
func (s *state) fresh() *slot {
	for number := range s.most() {
		if number == len(s.slots) {
			s.slots = append(s.slots, nil)
		}
		sl := s.slots[number]
		if sl == nil {
			sl = &slot{number: uint32(number), Segment: Segment{Slot: uint32(number)}}
			s.slots[number] = sl
		}
		if !sl.exists && sl.free() {
			return sl
		}
	}
	return nil
}

// detach takes the file away from a slot. The caller closes it when the lock is released.
func (s *state) detach(sl *slot) flash.File {
	file := sl.file
	if file != nil {
		sl.file = nil
		s.open--
	}
	return file
}

// unpin releases a slot, and returns a file for the caller to close, which may be nil.
func (s *state) unpin(sl *slot) flash.File {
	sl.pins--
	if sl.pins == 0 && s.open > maxIdleFiles {
		return s.detach(sl)
	}
	return nil
}

// emptied counts the slots in which nothing lives.
func (s *state) emptied() int {
	n := 0
	for _, sl := range s.slots {
		if sl != nil && sl.empty() {
			n++
		}
	}
	return n
}

// maxIdleFiles is how many slot files stay open without being used: reading the same message again
// is common, a descriptor for each of a thousand slots is not wanted.
const maxIdleFiles = 32

// closeFile closes a file that no slot has any more, if there is one. What was written is flushed
// by then or given up, so an error means nothing.
func closeFile(file flash.File) {
	if file != nil {
		_ = file.Close()
	}
}
