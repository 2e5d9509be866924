package spool

import (
	"fmt"
	"strconv"
	"time"

	"pillarbox/spool/flash"
)

// A slot is one file of a fixed size. Its fields are guarded by Spool.mu.
type slot struct {
	number uint32
	exists bool   // there is a file
	header header // the segment whose bytes are there; segment 0: none

	end       uint32  // log: page after the last acknowledged batch
	sealed    bool    // no batch and no extent will follow
	live      int     // log: records that count; bulk: records that name it
	bytes     int64   // live bytes, see weigh
	stored    int64   // bytes that lived here in the life of the segment
	loose     int64   // log: bytes that are no messages: padding, tombstones, what was never written after a fault
	inherited bool    // what it says was taken although it is retired
	guessed   bool    // the header was not readable at the start
	retired   bool    // the segment does not count any more
	ghosts    []ghost // what a power cut can bring back here
	freed     time.Time
	moved     time.Time // when mail was moved out of its segment last; zero: never, or long ago

	stuck    bool       // something alive in it cannot be moved: it does not verify
	poisoned bool       // bulk: a flush failed, so nothing that is not committed may be
	writers  int        // bulk: deliveries with extents here that are not ended
	pins     int        // who reads or writes the file now
	file     flash.File // open while it is pinned, and a while longer
}

// A ghost is a log segment that is retired, or never became a part of the log, while the slot has no durable newer
// header: after a power cut it may be what page 0 shows. The retire record that lays it must be in a segment that counts.
type ghost struct {
	segment uint64
	home    uint64 // segment of the durable record; 0: it is still to be written
}

// maxSlotNumber bounds how many slots there are: 256 GiB of 4 MiB.
const maxSlotNumber = 1 << 16

// maxSlotsOf bounds how many slots of a size there are, for one has to hold a census of all.
func maxSlotsOf(slotSize int64) int64 { return min(maxSlotNumber, slotSize/64) }

// slotName is the name of the file: a decimal number of five digits or more.
func slotName(number uint32) string { return fmt.Sprintf("%05d", number) }

// parseSlotName is slotName backwards.
func parseSlotName(name string) (uint32, bool) {
	n, err := strconv.ParseUint(name, 10, 32)
	if err != nil || slotName(uint32(n)) != name {
		return 0, false
	}
	return uint32(n), true
}

// slotOf returns the slot of that number, or nil: a record may tell any, also one that no int of 32 bits holds. Spool.mu is held.
func (s *Spool) slotOf(number uint32) *slot {
	if int64(number) >= int64(len(s.slots)) {
		return nil
	}
	return s.slots[number]
}

// counts says whether the records or extents of the slot's segment are part of the spool.
func (sl *slot) counts() bool { return sl.header.segment != 0 && !sl.retired }

// free says whether the slot may be written over: nobody looks at it, and its segment is durably retired.
func (sl *slot) free() bool { return sl.pins == 0 && sl.writers == 0 && !sl.counts() }

// dead says whether the slot's segment can be retired: nothing in it lives, and nothing will follow.
func (sl *slot) dead() bool {
	return sl.counts() && sl.header.class.isLog() && sl.sealed && sl.live == 0
}

// ghost returns the ghost of a segment; of 0 one that no record lays yet. nil: there is none.
func (sl *slot) ghost(segment uint64) *ghost {
	for i := range sl.ghosts {
		if g := &sl.ghosts[i]; g.segment == segment || segment == 0 && g.home == 0 {
			return g
		}
	}
	return nil
}

// recordOverhead is about what a record costs beside the listed octets of its mail. Live bytes are octets plus this,
// both when mail comes and when it goes, so that they always equal a recount.
const recordOverhead = 160

func weigh(octets uint32) int64 { return int64(octets) + recordOverhead }

// maxIdleFiles is how many slot files stay open without being used: reading the same mail again
// is common, a descriptor for each of a thousand slots is not wanted.
const maxIdleFiles = 32

// pin opens the slot's file if it must and keeps the slot from being written over. Spool.mu is held.
func (s *Spool) pin(sl *slot) (flash.File, error) {
	if sl.file == nil {
		file, err := s.vol.Open(slotName(sl.number))
		if err != nil {
			return nil, fmt.Errorf("open slot %d: %w", sl.number, err)
		}
		sl.file = file
		s.openFiles++
	}
	sl.pins++
	return sl.file, nil
}

// unpin is pin undone. Spool.mu is held.
func (s *Spool) unpin(sl *slot) {
	sl.pins--
	if sl.pins == 0 && s.openFiles > maxIdleFiles {
		s.closeFile(sl)
	}
}

func (s *Spool) closeFile(sl *slot) {
	if sl.file != nil {
		sl.file.Close()
		sl.file = nil
		s.openFiles--
	}
}
