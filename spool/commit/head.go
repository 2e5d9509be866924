package commit

import (
	"pillarbox/spool/flash"
	"pillarbox/spool/format"
)

// A Position is the end of one log.
type Position struct {
	Last    uint64 // the newest segment, or if it is active the one before; 0 if there is none
	LastEnd uint32 // the page where it ends

	Active  bool // a segment goes on
	Slot    uint32
	Segment uint64
	End     uint32
	Foot    *format.Footer // of the active segment
}

// A head is one end of the log: the segment that grows. The leader owns it.
type head struct {
	class   format.Class
	active  bool // there is a segment; otherwise the next batch begins one
	slot    uint32
	segment uint64
	end     uint32         // the page after the last batch
	file    flash.File     // of the slot, which is pinned
	foot    *format.Footer // of the active segment
	doubt   bool           // a batch was refused that may be on the device, see settleDoubt
	last    struct {
		segment uint64 // of this class, before the next one
		end     uint32
	}
}

// left returns how many bytes are left in the active segment.
func (h *head) left(f *format.Format) int64 {
	return f.SlotSize - int64(h.end)*format.Unit - h.foot.Size()
}

// position returns where a head is.
func (h *head) position() Position {
	return Position{h.last.segment, h.last.end, h.active, h.slot, h.segment, h.end, h.foot}
}

// What the leader owns.
type owned struct {
	hot      head   // where changes go
	cold     head   // where messages go that were moved, or will stay
	batches  uint64 // that were written
	carrying carrying
	segments []uint64 // by slot: memory for planners
	applier  applier  // memory for the one of each batch
}

// head returns the head of a class.
func (o *owned) head(c format.Class) *head {
	if c == format.ClassCold {
		return &o.cold
	}
	return &o.hot
}

// A leader is the one goroutine that writes the log at the moment, see Log. What only it may call
// is a method of this type.
type leader struct {
	*parts
	own   *owned
	moved *bulk // where the cleaner puts large mail
}
