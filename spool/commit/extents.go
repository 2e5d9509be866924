package commit

import (
	"slices"

	"pillarbox/spool/flash"
	"pillarbox/spool/format"
)

// Extents puts one message into extents of bulk slots, as its bytes come. It is used by one
// goroutine and ended once.
type Extents struct {
	List  []format.Extent
	bulk  *bulk
	slots []uint32 // that the extents are in, each once
	ahead bool     // they are moved ahead of time, and not during a hold
}

// Write puts data into extents. data is page-aligned, has room to its last whole page, and only the
// last one of a message is no whole number of pages.
func (w *Extents) Write(data []byte) error {
	for len(data) > 0 {
		e, err := w.bulk.write(data, w.ahead)
		if err != nil {
			return err
		}
		// One use for each slot, however many extents are in it: write has counted one for each.
		if slices.Contains(w.slots, e.Slot) {
			w.bulk.table.RemoveExtent(e.Slot)
		} else {
			w.slots = append(w.slots, e.Slot)
		}
		w.add(e, data[:e.Length])
		data = data[e.Length:]
	}
	return nil
}

// add joins the extent to the one before if it continues there.
func (w *Extents) add(e format.Extent, written []byte) {
	if n := len(w.List); n > 0 {
		last := &w.List[n-1]
		if last.Segment == e.Segment && last.Length%flash.Page == 0 && last.Page+last.Pages() == e.Page {
			last.Length += e.Length
			last.Sum = format.UpdateSum(last.Sum, written)
			return
		}
	}
	e.Sum = format.UpdateSum(w.bulk.opt.Format.Seed(e.Segment), written)
	w.List = append(w.List, e)
}

// Sync makes the extents durable: a flush for each slot.
func (w *Extents) Sync() error {
	for _, n := range w.slots {
		if err := w.bulk.sync(n, w.ahead); err != nil {
			return err
		}
	}
	return nil
}

// End is called when a record names the extents, or none will.
func (w *Extents) End() {
	for _, n := range w.slots {
		w.bulk.table.RemoveExtent(n)
	}
	w.slots = nil
}
