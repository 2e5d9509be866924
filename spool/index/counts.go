package index

// A Count is how the counters of a slot move.
type Count struct {
	Slot   uint32
	Live   int   // records
	Bytes  int64 // live bytes
	Stored int64 // of them, those that came
}

// Counts gathers how the counters of slots move while the index changes: they are moved when the
// lock of the index was released. What is gathered of one slot is joined, mostly.
type Counts []Count

// joined is how far back Add looks for the same slot: what one batch changes lies in few slots.
const joined = 8

// Add gathers a number of records that come or go, with their live bytes.
func (c *Counts) Add(slot uint32, live int, bytes int64) {
	list := *c
	for i := len(list) - 1; i >= max(0, len(list)-joined); i-- {
		if n := &list[i]; n.Slot == slot {
			n.Live += live
			n.Bytes += bytes
			n.Stored += max(bytes, 0)
			return
		}
	}
	*c = append(list, Count{slot, live, bytes, max(bytes, 0)})
}
