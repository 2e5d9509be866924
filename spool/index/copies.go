package index

import (
	"cmp"
	"slices"

	"pillarbox/spool/format"
)

// Copies holds, by segment, the messages that a segment still holds although they are read from
// another one: they were moved, and the segment is not retired yet. 8 B per message and segment.
// Expunged messages stay in it until the segment is retired.
type Copies map[uint64]*copiedFrom

// A copiedFrom is what was moved out of one segment.
type copiedFrom struct {
	Ids   []format.Identity
	mixed bool // not in order
}

// Add notes that a segment holds a copy of a message.
func (c Copies) Add(id format.Identity, segment uint64) {
	f := c[segment]
	if f == nil {
		f = &copiedFrom{}
		c[segment] = f
	}
	f.mixed = f.mixed || len(f.Ids) > 0 && f.Ids[len(f.Ids)-1].Compare(id) > 0
	f.Ids = append(f.Ids, id)
}

// Of returns the segments that hold a copy of a message, in order.
func (c Copies) Of(id format.Identity) (segments []uint64) {
	for segment, f := range c {
		if f.has(id) {
			segments = append(segments, segment)
		}
	}
	if len(segments) > 1 {
		format.Sort(segments, cmp.Compare)
	}
	return segments
}

func (f *copiedFrom) has(id format.Identity) bool {
	if f.mixed {
		format.Sort(f.Ids, format.Identity.Compare)
		f.mixed = false
	}
	n := len(f.Ids)
	// This is the case for most segments: each has its own messages.
	if n == 0 || id.Compare(f.Ids[0]) < 0 || id.Compare(f.Ids[n-1]) > 0 {
		return false
	}
	_, ok := slices.BinarySearchFunc(f.Ids, id, format.Identity.Compare)
	return ok
}

// Retire removes a segment that was retired.
func (c Copies) Retire(segment uint64) { delete(c, segment) }

// Bytes returns how much memory it takes.
func (c Copies) Bytes() int64 {
	n := int64(0)
	for _, f := range c {
		n += 64 + 8*int64(cap(f.Ids))
	}
	return n
}
