package recovery

import (
	"testing"

	"pillarbox/spool/format"
	"pillarbox/spool/index"
)

// TestInheritedTombstonesNameEveryCopy: a tombstone that was found in a retired segment is in two
// sets, one for each segment that holds the message. Both are written again: the message may be in
// either of them.
func TestInheritedTombstonesNameEveryCopy(t *testing.T) {
	l := newLoader(&Options{Index: index.Options{Today: func() uint16 { return 1 }}}, &format.Format{SlotSize: format.MinSlotSize})
	id := format.Identity{Epoch: 1, Seq: 5}
	l.data.Tags[1] = 77
	l.data.Mailbox(1).Add(index.Entry{Identity: id, Octets: 300})
	here := format.TombstoneSet{Key: 1, Segment: 4, Epoch: 1, Tag: 77, Seqs: []uint32{5}}
	moved := here
	moved.Segment = 99 // it is not in this copy of the folder
	gone := here
	gone.Seqs = []uint32{6} // no message would live
	l.start.Inherited = []format.TombstoneSet{moved, gone, here}
	l.applyInherited()
	if got := l.start.Inherited; len(got) != 2 || got[0].Segment != 99 || got[1].Segment != 4 {
		t.Errorf("%+v are written again, want those of segments 99 and 4", got)
	}
	if l.data.Lives(1, id) {
		t.Error("the message lives")
	}
}
