package commit

import (
	"cmp"
	"errors"
	"fmt"
	"slices"

	"pillarbox/spool/flash"
	"pillarbox/spool/format"
	"pillarbox/spool/index"
	"pillarbox/spool/reader"
	"pillarbox/spool/slots"
)

// A cleaner frees slots: it retires what is dead and moves what lives out of segments that are
// mostly dead. It reads on its own, with the slots pinned, and writes by commits: of a caller that
// waits in the queue for them, or of the leader, who writes at once.
type cleaner struct {
	*parts
	moved    *bulk                         // where extents go
	write    func(changes ...Change) error // returns nil when the changes are durable
	sealCold func() error                  // seals the active cold segment, if that is narrow
	ahead    bool                          // nothing needs the room yet: it stops for a hold
}

// step retires what is dead; when nothing is, it moves all that lives out of one segment, which
// then is. The order is: the copies are durable, then the record that retires the segment, then its
// slot is written over.
//
// A power cut between these leaves two copies of a message, never none: a start takes the one in
// the cold log if it verifies. A delete in between names both (Expunge.plan).
func (c cleaner) step() (progress bool, err error) {
	if c.cleaned.Retirable() {
		return c.retire()
	}
	v, ok, err := c.takeVictim()
	if err != nil {
		return false, c.opt.Table.Fault(err)
	}
	if !ok {
		return c.turnCold()
	}
	defer c.opt.Table.Unpin(v.Slot)
	if v.IsLog {
		err = c.moveLog(v)
	} else {
		err = c.moveBulk(v)
	}
	return err == nil, err
}

// takeVictim pins the segment that is to be emptied.
func (c cleaner) takeVictim() (v slots.Victim, ok bool, err error) {
	// Counting young bytes looks at every entry; for most calls there is nothing to choose from.
	if !c.cleaned.AnyMovable() {
		return v, false, nil
	}
	return c.cleaned.TakeVictim(c.opt.Index.YoungBytes())
}

// turnCold seals the active cold segment, if that gives something to move.
func (c cleaner) turnCold() (progress bool, err error) {
	err = c.sealCold()
	_, ok := c.victimBytes()
	return err == nil && ok, err
}

// victimBytes returns how many bytes live in the segment that would be emptied.
func (c cleaner) victimBytes() (n int64, ok bool) {
	if !c.cleaned.AnyMovable() {
		return 0, false
	}
	return c.cleaned.VictimBytes(c.opt.Index.YoungBytes())
}

// retire retires what is dead. It makes no progress if the device does not let it read what must be
// carried out.
func (c cleaner) retire() (progress bool, err error) {
	before := c.reclaimed.Load()
	err = c.write()
	return err == nil && c.reclaimed.Load() > before, err
}

// moveLog moves every record that lives out of a log segment.
func (c cleaner) moveLog(v slots.Victim) error {
	// What the footer or the records say, and not the index, gives the places: the index has no
	// list by slot. A message may die before its record is read; Move.plan looks again.
	places, err := c.livePlaces(v.Slot)
	if err != nil {
		return c.setAside(v.Slot, err)
	}
	var changes []Change
	size := int64(0)
	flush := func() error {
		if len(changes) == 0 {
			return nil
		}
		err := c.write(changes...)
		changes, size = nil, 0
		return err
	}
	for _, at := range places {
		// One bad record must not keep the others in the segment: it is left behind, and the
		// segment with it, and the rest is moved.
		mv, err := ReadMove(c.opt.Format, v.File, v.Segment, at)
		if errors.Is(err, format.ErrUnreadable) {
			c.setAside(v.Slot, err)
			continue
		}
		if err != nil {
			return c.opt.Table.Fault(err)
		}
		if size += mv.weight(); size > c.moveLimit() {
			if err := flush(); err != nil {
				return err
			}
			size = mv.weight()
		}
		changes = append(changes, mv)
	}
	return flush()
}

// moveLimit is how many bytes the next batch of moved mail may have: what is left of the active
// cold segment is filled up.
func (c cleaner) moveLimit() int64 {
	limit := min(slots.MoveBytes, c.opt.Format.SlotSize/2)
	if room := c.cleaned.ColdLog() - flash.Page; room > limit/8 {
		limit = min(limit, room)
	}
	return limit
}

// setAside leaves a segment alone in which something alive does not verify: it costs this message,
// and the slot until the message is expunged.
func (c cleaner) setAside(slot uint32, err error) error {
	switch {
	case errors.Is(err, slots.ErrFault), errors.Is(err, slots.ErrFull), errors.Is(err, slots.ErrHeld):
		return err
	case !errors.Is(err, format.ErrUnreadable):
		return c.opt.Table.Fault(err)
	}
	c.table.SetStuck(slot)
	c.meter.damage(1)
	return nil
}

// livePlaces returns where the records of a segment lie that a recipient still has.
func (c cleaner) livePlaces(slot uint32) ([]index.Location, error) {
	living := &livingPlaces{index: c.opt.Index, slot: slot}
	err := c.cleaned.Visit(slot, living)
	return living.places, err
}

// livingPlaces keeps the locations of messages that live.
type livingPlaces struct {
	format.Discard
	index  *index.Index
	slot   uint32
	places []index.Location
}

func (p *livingPlaces) Message(m format.Summary) {
	at := index.Location{Slot: p.slot, Offset: uint32(m.Offset / 8)}
	p.index.Read(func(d *index.Data) {
		for i, r := range m.Recipients {
			box := d.Mailboxes[r.Key]
			if box == nil {
				continue
			}
			row, ok := box.Find(m.Of(i))
			if ok && !box.Dead.Has(row) && box.Entries.At(row).Location() == at {
				p.places = append(p.places, at)
				return
			}
		}
	})
}

// moveBulk moves every extent that lives out of a bulk segment, and the records that name it.
func (c cleaner) moveBulk(v slots.Victim) error {
	// The map is in no order. Sorted by location the records are read in the order of the device.
	var places []index.Location
	c.opt.Index.Read(func(d *index.Data) {
		for at, rec := range d.Records {
			if names(rec.Extents, v) {
				places = append(places, at)
			}
		}
	})
	format.Sort(places, func(a, b index.Location) int {
		return cmp.Or(cmp.Compare(a.Slot, b.Slot), cmp.Compare(a.Offset, b.Offset))
	})
	for _, at := range places {
		if err := c.moveExtents(v, at); err != nil {
			return err
		}
	}
	return nil
}

// names reports whether one of the extents lies in a segment.
func names(extents []format.Extent, v slots.Victim) bool {
	return slices.ContainsFunc(extents, func(e format.Extent) bool { return e.Slot == v.Slot && e.Segment == v.Segment })
}

// moveExtents copies the extents that one record has in a bulk segment, and moves the record. If
// the record was expunged meanwhile, or moved, there is nothing to do.
func (c cleaner) moveExtents(v slots.Victim, at index.Location) error {
	file, home, err := c.opt.Table.Pin(at.Slot)
	if err == nil {
		defer c.opt.Table.Unpin(at.Slot)
	}
	// Looked at when the slot is pinned, so that it cannot be another record's by then. A slot that
	// nothing lives in may have lost its file.
	there := false
	c.opt.Index.Read(func(d *index.Data) {
		rec := d.Records[at]
		there = rec != nil && names(rec.Extents, v)
	})
	if !there {
		return nil
	}
	if err != nil {
		return c.opt.Table.Fault(err)
	}
	mv, err := ReadMove(c.opt.Format, file, home, at)
	if err != nil {
		return c.setAside(v.Slot, err)
	}
	w := Extents{bulk: c.moved, ahead: c.ahead}
	defer w.End()
	// Extents in other slots stay where they are. Those of this one are copied, and may become
	// several, where the cold segment ends in between.
	mv.extents = nil
	for _, e := range mv.message.Extents {
		if e.Slot != v.Slot || e.Segment != v.Segment {
			mv.extents = append(mv.extents, e)
			continue
		}
		w.List = nil
		if err := c.copyExtent(v.File, e, &w); err != nil {
			return c.setAside(v.Slot, err)
		}
		mv.extents = append(mv.extents, w.List...)
	}
	// The extents are durable before a record names them, as those of a delivery are.
	if err := w.Sync(); err != nil {
		return err
	}
	return c.write(mv)
}

// copyExtent writes the bytes of an extent to the cold bulk segment.
func (c cleaner) copyExtent(from flash.File, e format.Extent, w *Extents) error {
	sum := c.opt.Format.Seed(e.Segment)
	buf := flash.Aligned(int(min(slots.MoveBytes, int64(e.Pages())*flash.Page)))
	offset := int64(e.Page) * flash.Page
	for left := int64(e.Length); left > 0; {
		piece := buf[:min(left, int64(len(buf)))]
		if _, err := from.ReadAt(piece, offset); err != nil {
			return reader.Unreadable(err)
		}
		sum = format.UpdateSum(sum, piece)
		if err := w.Write(piece); err != nil {
			return err
		}
		offset += int64(len(piece))
		left -= int64(len(piece))
	}
	// Verified after the copy was written, which saves reading twice: until the record is written
	// nothing names the copy, and it is given up by Extents.End.
	if sum != e.Sum {
		return fmt.Errorf("slot %d at page %d: %w", e.Slot, e.Page, format.ErrUnreadable)
	}
	return nil
}
