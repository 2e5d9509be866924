package commit

import (
	"errors"
	"fmt"
	"sync"

	"pillarbox/spool/flash"
	"pillarbox/spool/format"
	"pillarbox/spool/slots"
)

// A bulk hands out pages of the bulk segment that is being filled. Deliveries share it: each takes
// as many pages as it has bytes for, so a slow sender holds nothing.
//
// A bulk segment says nothing of itself but its header: what its pages are is said by records in
// the log. So a page is written once, flushed before a record names it, and free again when no
// record does. There are two bulks, one for deliveries and one for the cleaner, because what is
// moved has proven to stay, and slots of mixed mail would never become empty.
//
// mu is outside of the locks of the table and the index. The leader takes only that of the cold
// bulk, because a delivery may wait for a commit while it holds the other one (makeRoom).
type bulk struct {
	*parts
	cold bool // holds what is moved, not what comes
	// makeRoom frees space for new extents: it retires dead segments, or empties one.
	makeRoom func() (progress bool, err error)

	mu      sync.Mutex // held while an extent is written or flushed, not while mail comes
	open    bool       // there is a segment; otherwise the next extent begins one
	slot    uint32     // pinned
	segment uint64
	file    flash.File
	next    uint32 // first page that is not handed out
}

// write puts the beginning of data, as much as the segment has room for, into an extent (its
// checksum is left to the caller), which RemoveExtent ends the use of. data is page-aligned and has
// room to its last whole page. What is moved ahead of time is refused during a hold.
func (b *bulk) write(data []byte, ahead bool) (format.Extent, error) {
	b.progress.begin()
	defer b.progress.end()
	b.mu.Lock()
	defer b.mu.Unlock()
	switch err := b.table.Tight(); {
	case errors.Is(err, slots.ErrClosed): // and the file of the slot, too
		return format.Extent{}, err
	case err != nil && !b.cold:
		return format.Extent{}, err
	}
	if err := b.refuseAhead(ahead); err != nil {
		return format.Extent{}, err
	}
	pages := b.opt.Format.Pages()
	if b.open && b.next >= pages {
		b.leave()
	}
	if !b.open {
		if err := b.begin(); err != nil {
			return format.Extent{}, err
		}
	}
	// Whole pages are written, the last one filled up with zeros, so that no page is written twice.
	// The caller has room for that behind its data.
	n := min(int64(len(data)), int64(pages-b.next)*flash.Page)
	whole := int64(format.PagesOf(n)) * flash.Page
	clear(data[n:whole:whole])
	e := format.Extent{Slot: b.slot, Segment: b.segment, Page: b.next, Length: uint32(n)}
	// After a failed write the state of the pages is unknown. They are not handed out again; what
	// was written before to the segment, and flushed, stays good.
	if _, err := b.file.WriteAt(data[:whole:whole], int64(b.next)*flash.Page); err != nil {
		b.leave()
		return format.Extent{}, b.opt.Table.Fault(fmt.Errorf("write slot %d: %w", e.Slot, err))
	}
	// Counted with mu held: otherwise the segment could be sealed in between, and with nothing
	// alive in it be freed under the delivery.
	b.next += format.PagesOf(n)
	b.table.AddExtent(b.slot)
	b.noteRoom()
	b.meter.update(func(c *Counters) {
		if b.cold {
			c.Lifetime.Copied += uint64(n)
		} else {
			c.Lifetime.In += uint64(n)
		}
		c.Lifetime.Padded += uint64(whole - n)
	})
	return e, nil
}

// refuseAhead refuses what is done ahead of time during a hold. It is called with mu held, which
// AwaitBatch takes when the hold has begun: so what it does not refuse ends before the hold
// returns.
func (b *bulk) refuseAhead(ahead bool) error {
	if ahead && b.opt.Table.Held() {
		return slots.ErrHeld
	}
	return nil
}

// begin takes a slot for a new bulk segment. Its header becomes durable with the first extent.
func (b *bulk) begin() error {
	slot, file, err := b.take()
	if err != nil {
		return err
	}
	epoch, tag, err := b.opens.open(b.opt.Rand, b.opt.Index)
	if err != nil {
		b.table.GiveBack(slot)
		return err
	}
	h := format.Header{Class: format.ClassBulk, Segment: b.table.NewSegment(), Slot: slot, Epoch: epoch, Tag: tag, Version: uint16(b.version.Load())}
	page := flash.Aligned(flash.Page)
	h.Encode(page, b.opt.Format)
	if _, err := file.WriteAt(page, 0); err != nil {
		b.table.GiveBack(slot)
		return b.opt.Table.Fault(fmt.Errorf("write slot %d: %w", slot, err))
	}
	// The header is not flushed. Until the first flush of an extent a power cut may bring back the
	// old one, which a record has retired; no record names this segment by then.
	b.open, b.slot, b.segment, b.file, b.next = true, slot, h.Segment, file, 1
	b.table.Begin(h)
	b.noteRoom()
	return nil
}

// take takes a slot. For mail that comes it makes room if it must; what is moved must do with what
// there is.
func (b *bulk) take() (uint32, flash.File, error) {
	if b.cold {
		return b.table.Take(b.cleaned.ColdReserve())
	}
	slot, file, err := b.table.Take(slots.Reserved)
	// Each round frees a slot or comes nearer to it; the bound is only there so that a mistake in
	// that does not hang deliveries.
	for range b.opt.Format.Pages() {
		if !errors.Is(err, slots.ErrFull) {
			break
		}
		if !b.cleaned.Retirable() && b.cleaned.Hurry(false) {
			b.cleaned.Ripen()
		}
		if progress, failed := b.makeRoom(); !progress || failed != nil {
			return 0, nil, err
		}
		slot, file, err = b.table.Take(slots.Reserved)
	}
	return slot, file, err
}

// noteRoom keeps the count of what can be moved without another slot.
func (b *bulk) noteRoom() {
	switch {
	case !b.cold:
	case b.open:
		b.table.SetColdBulk(int64(b.opt.Format.Pages()-b.next) * flash.Page)
	default:
		b.table.SetColdBulk(0)
	}
}

// leave ends the segment: nothing more will be written into it.
func (b *bulk) leave() {
	b.open, b.file = false, nil
	b.noteRoom()
	b.table.Seal(b.slot, 0)
}

// sync makes every extent in the slot durable that is written by now: one flush. After a failed one
// no delivery with extents there may be committed, whichever of them asked for the flush.
func (b *bulk) sync(slot uint32, ahead bool) error {
	b.progress.begin()
	defer b.progress.end()
	b.mu.Lock()
	defer b.mu.Unlock()
	if err := b.refuseAhead(ahead); err != nil {
		return err
	}
	file, _, err := b.opt.Table.Pin(slot)
	if err != nil {
		return b.opt.Table.Fault(err)
	}
	defer b.opt.Table.Unpin(slot)
	// Another delivery may have asked for the flush that failed. Its error was of all that was
	// written by then, so that this one must not succeed by a flush that has nothing left to do.
	if err = b.table.Poisoned(slot); err == nil {
		if err = file.Sync(); err != nil {
			err = fmt.Errorf("flush slot %d: %w", slot, err)
		}
	}
	b.meter.update(func(c *Counters) { c.Lifetime.Flushes++ })
	if err == nil {
		return nil
	}
	b.table.Poison(slot) // the stale headers stay: batches of theirs can lie where no extent is
	if b.open && b.slot == slot {
		b.leave()
	}
	return b.opt.Table.Fault(err)
}
