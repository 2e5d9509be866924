package commit

import (
	"fmt"

	"pillarbox/spool/flash"
	"pillarbox/spool/format"
)

// ensureActive makes room for a batch in the active segment, or seals it and takes a slot for the
// next; then begins is the header to write with the batch. errTooLong is returned for a batch that
// no slot holds, slots.ErrFull if there is no slot for it.
func (l leader) ensureActive(h *head, p *plan) (begins *format.Header, err error) {
	// A batch never crosses a segment: it is all in this one, or all in the next.
	if h.active && fits(l.opt.Format, h.end, p.log, h.foot.Size()+p.foot) {
		return nil, l.table.CheckReserve(p.reserve)
	}
	// The first batch of a hot segment has a manifest beside what was planned.
	manifest := l.table.ManifestBytes() // in the log and in the footer
	if !fits(l.opt.Format, format.FirstUnit, p.log+manifest, format.NewFooter().Size()+p.foot+manifest) {
		return nil, fmt.Errorf("%w: it has %d bytes", errTooLong, p.log)
	}
	if h.active {
		// Sealing gives up what is left of the segment, where deletes could still go: mail may
		// cause it only if a whole slot more is free for them.
		if err := l.table.CheckReserve(p.reserve + 1); err != nil {
			return nil, err
		}
	}
	slot, file, err := l.table.Take(p.reserve)
	if err != nil {
		return nil, err
	}
	if h.active {
		// Now that there is a slot for the next segment: until then it has room for deletes.
		l.seal(h)
	}
	// The head is changed before the batch is written, and the table is not: there the segment
	// begins when its first batch is durable (apply). If that fails, abandon takes this back.
	h.active, h.slot, h.file, h.foot = true, slot, file, format.NewFooter()
	h.segment, h.end = l.table.NewSegment(), format.FirstUnit
	return &format.Header{
		Class:   h.class,
		Version: uint16(l.version.Load()),
		Segment: h.segment,
		Slot:    slot,
		Epoch:   l.opens.epoch,
		Tag:     l.opens.tag,
		// What lies in the segment before, behind this page, was refused, even if it verifies.
		Previous:    h.last.segment,
		PreviousEnd: h.last.end,
	}, nil
}

// fits reports whether a number of bytes of the log fits behind a page of a slot, and the footer
// too.
func fits(f *format.Format, page uint32, log, foot int64) bool {
	return int64(page+format.UnitsOf(log))*format.Unit+foot <= f.SlotSize
}

// seal writes the footer of the active segment, one write and no flush: the next one that the
// device gets makes it durable, and until then, or when it cannot be written, a start reads the
// segment record by record.
func (l leader) seal(h *head) {
	if err := l.writeFooter(h); err != nil {
		_ = l.opt.Table.Fault(fmt.Errorf("write slot %d: %w", h.slot, err)) // it was counted
	}
	l.leave(h, 0)
}

// writeFooter writes the footer of the active segment. It names the epoch of this open, of which
// there may be no message: a later open must not draw it again, or one before it, for then a batch
// that was never acknowledged could count behind it.
func (l leader) writeFooter(h *head) error {
	h.foot.Lifetime = l.meter.read().Lifetime
	h.foot.Epochs.Position(format.EpochTag{Epoch: l.opens.epoch, Tag: l.opens.tag})
	pages := h.foot.Seal(h.segment, l.opens.tag, l.opt.Format.Seed(h.segment))
	at := l.opt.Format.SlotSize - int64(len(pages))
	// Plans leave room for the footer. This check is for what was not planned: a footer must never
	// be written over an acknowledged batch.
	if at < int64(h.end)*format.Unit {
		return errNoFooter
	}
	if _, err := h.file.WriteAt(pages, at); err != nil {
		return err
	}
	l.meter.update(func(c *Counters) { c.Lifetime.Padded += uint64(len(pages)) })
	return nil
}

// fence writes a footer where a batch was refused, if the device takes it. The header of the next
// segment says where this one ended, too, but may be gone before this one is, and then the refused
// batch would count.
func (l leader) fence(h *head) {
	if l.writeFooter(h) != nil || h.file.Sync() != nil {
		return
	}
	l.meter.update(func(c *Counters) { c.Lifetime.Flushes++ })
}

// sealNarrow seals the active cold segment when slots are short and it has no room left for the
// records of a bulk segment. If the last slot that may be taken went to the next cold segment,
// there would be none for what the records name; sealed, it can be emptied itself.
func (l leader) sealNarrow() error {
	h := &l.own.cold
	if !h.active {
		return nil
	}
	size := l.opt.Format.SlotSize
	records := size / InlineLimit(l.opt.Format)
	if l.cleaned.ColdLog() < min(records*flash.Page, size/16) && l.cleaned.Short() {
		l.seal(h)
	}
	return nil
}

// leave ends the active segment, of which lost bytes are given up.
func (l leader) leave(h *head, lost int64) {
	// h.end is where the last acknowledged batch ended, whatever was refused behind it.
	h.last.segment, h.last.end = h.segment, h.end
	h.active = false
	l.table.Seal(h.slot, lost)
	l.opt.Wake()
}

// abandon ends the active segment after a failed write or flush: no batch is written into it again,
// and nothing in the failed one will count, because the footer and the next segment say where this
// one ended.
func (l leader) abandon(h *head, begins *format.Header) {
	if begins == nil {
		l.leave(h, l.opt.Format.SlotSize-int64(h.end)*format.Unit)
		h.doubt = true
		return
	}
	// Its header may be on the device, naming a segment that never acknowledged anything. h.last is
	// left as it was: the next segment follows the one before.
	l.own.hot.doubt = true // whose next batch retires what was begun
	h.active = false
	l.table.Abandon(h.slot, begins.Segment)
}
