package slots

import (
	"fmt"
	"strconv"
	"sync"
	"time"

	"pillarbox/spool/flash"
	"pillarbox/spool/format"
)

// A slot is one file of a fixed size. Table.mu guards everything in it but the first two fields.
type slot struct {
	number  uint32
	opening sync.Mutex // held while the file is opened or replaced

	Segment
	exists   bool       // there is a file
	roomy    bool       // its whole size is allocated on the file system, also where slots grow
	freed    time.Time  // when its segment was retired
	poisoned bool       // bulk: a flush failed, so nothing that is not committed may be
	writers  int        // bulk: deliveries with extents here that have not ended
	pins     int        // readers and writers of the file
	taken    bool       // it is written over for a segment that has not begun: no reader may pin it
	file     flash.File // open while it is pinned, and a while longer
}

// MaxNumber bounds how many slots there are: 256 GiB of 4 MiB.
const MaxNumber = 1 << 16

// MaxOf bounds how many slots of a size there are, because one has to hold a manifest of all.
func MaxOf(slotSize int64) int64 { return min(MaxNumber, slotSize/64) }

// Name returns the name of the file of a slot: its number in five digits or more.
func Name(number uint32) string { return fmt.Sprintf("%05d", number) }

// ParseName returns the number of the slot whose file has that name.
func ParseName(name string) (number uint32, ok bool) {
	n, err := strconv.ParseUint(name, 10, 32)
	if err != nil || Name(uint32(n)) != name {
		return 0, false
	}
	return uint32(n), true
}

// free reports whether the slot may be written over: it is not in use, and its segment is durably
// retired.
func (sl *slot) free() bool { return sl.pins == 0 && sl.writers == 0 && !sl.Counts() }

// empty reports whether nothing in the slot's segment lives, and nothing will follow.
func (sl *slot) empty() bool {
	return sl.Dead() || sl.Counts() && sl.Header.Class == format.ClassBulk && sl.Sealed && sl.Live == 0 && sl.writers == 0
}

// begin gives the slot a new segment.
func (sl *slot) begin(h format.Header) {
	stale := sl.Stale
	sl.Segment = Segment{Slot: sl.number, Header: h, End: format.FirstUnit, Stale: stale}
	sl.poisoned, sl.taken = false, false
}

// A Segment is what is known of one life of a slot. It is a value without a lock: recovery makes
// them, and the table keeps one for each slot.
type Segment struct {
	Slot   uint32
	Header format.Header // segment 0: none

	End     uint32        // log: page after the last acknowledged batch
	Sealed  bool          // no batch and no extent will follow
	Retired bool          // the segment does not count any more
	Stuck   bool          // something alive in it cannot be moved: it does not verify
	Live    int           // log: records that count; bulk: records that name it
	Bytes   int64         // live bytes, as the index weighs them
	Stored  int64         // bytes that lived here in the life of the segment
	Loose   int64         // log: bytes that are no messages: padding, tombstones, what a fault cost
	Moved   time.Time     // when mail was last moved out of it; zero if never, or long ago
	Stale   []StaleHeader // what a power cut can bring back in this slot
}

// A StaleHeader is a log segment that is retired, or never became a part of the log, while the slot
// has no durable newer header: after a power cut it may be what page 0 shows. The record that
// retires it must be in a segment that counts.
type StaleHeader struct {
	Segment uint64
	Home    uint64 // segment of the durable record; 0 if it is still to be written
}

// Counts reports whether the records or extents of the segment are part of the spool.
func (g *Segment) Counts() bool { return g.Header.Segment != 0 && !g.Retired }

// Dead reports whether the segment is a log segment that can be retired: nothing in it lives, and
// nothing will follow.
func (g *Segment) Dead() bool {
	return g.Counts() && g.Header.Class.IsLog() && g.Sealed && g.Live == 0
}

// stale returns the stale header of a segment, or of 0 one that no record retires yet; nil if there
// is none.
func (g *Segment) stale(segment uint64) *StaleHeader {
	for i := range g.Stale {
		if h := &g.Stale[i]; h.Segment == segment || segment == 0 && h.Home == 0 {
			return h
		}
	}
	return nil
}

// WithoutMessages returns the segment with the counters that it has before its messages are read.
func (g *Segment) WithoutMessages() Segment {
	return Segment{Slot: g.Slot, Header: g.Header, End: g.End, Sealed: g.Sealed, Retired: g.Retired}
}
