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
