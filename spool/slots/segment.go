package slots

import (
	"time"

	"pillarbox/spool/format"
)

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
