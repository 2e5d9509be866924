package commit

import (
	"fmt"
	"math"

	"pillarbox/spool/flash"
	"pillarbox/spool/format"
	"pillarbox/spool/index"
	"pillarbox/spool/slots"
)

// A batch is a plan on its way to the device. Only the leader has it, so that it needs no lock;
// what it is made of does not change any more, whatever happens to the index meanwhile. Nothing
// outside can see it before apply: neither readers, nor counters, nor the next plan.
type batch struct {
	header   format.BatchHeader
	begins   *format.Header // of the segment, when the batch is its first one
	slot     uint32
	file     flash.File
	entries  []entry
	segments []uint64         // in each slot
	offsets  []int64          // of each record in the slot
	end      int64            // byte in the slot after the last one
	manifest *format.Manifest // that is among the records, in the first batch of a hot segment
	mail     int64            // bytes of new mail in it
	copied   int64            // bytes of moved mail in it
}

// newBatch encodes the records of a plan for the segment that they go to. No lock is held while it
// does.
func (l leader) newBatch(h *head, p *plan, begins *format.Header) *batch {
	w := &batch{begins: begins, slot: h.slot, file: h.file, entries: p.entries, segments: p.segments}
	// The manifest is what a start believes when the header of a slot does not read: it must be as
	// durable as the first thing that the segment acknowledges, so it is in the same batch. It is
	// made here and not with the plan, because only now the number of the segment is known; the
	// room for it was planned (ensureActive).
	if begins != nil && h == &l.own.hot {
		m := l.table.Manifest(h.segment)
		w.manifest = &m
		w.entries = append(w.entries[:len(w.entries):len(w.entries)],
			entry{nil, payload{kind: format.KindManifest, encode: func() []byte { return m.Append(nil) }}})
	}
	seed := l.opt.Format.Seed(h.segment)
	w.end = int64(h.end)*format.Unit + format.BatchHeaderSize
	for i := range w.entries {
		r := &w.entries[i].payload
		// Now that the segment is known: its number is in the seed of every checksum, so that what
		// an earlier segment left in the slot never verifies.
		r.render(&seed)
		offset := format.Align8(w.end)
		w.offsets = append(w.offsets, offset)
		w.mail += r.mail
		w.copied += r.copied
		w.end = offset + r.size()
	}
	w.header = format.BatchHeader{
		Segment: h.segment,
		Tag:     l.opens.tag,
		Epoch:   l.opens.epoch,
		Page:    h.end,
		Length:  uint32(min(w.end-int64(h.end)*format.Unit, math.MaxUint32)),
		Records: uint32(len(w.entries)),
		// All pages before this one were flushed before their batches were acknowledged. A start
		// that cannot read one of them concludes that it is damaged, and not a torn tail.
		Durable:  h.end,
		Lifetime: l.meter.read().Lifetime,
	}
	w.count(&w.header.Lifetime)
	return w
}

// fits reports whether the batch ends before the footer that its segment will have. A plan with
// exact sizes always does; a batch that reached into the footer would be damaged when its segment
// is sealed, after it was acknowledged.
func (w *batch) fits(f *format.Format, foot *format.Footer) bool {
	need := foot.Size()
	for i := range w.entries {
		need += w.entries[i].inFooter()
	}
	return int64(format.UnitsOf(w.end))*format.Unit+need <= f.SlotSize
}

// count adds the batch itself to the lifetime counters, its flush included.
func (w *batch) count(l *format.Lifetime) {
	pages := int64(format.PagesOf(int64(w.header.Length)))
	if w.begins != nil {
		pages++
	}
	l.In += uint64(w.mail)
	l.Copied += uint64(w.copied)
	l.Padded += uint64(pages*flash.Page - w.mail - w.copied)
	l.Flushes++
}

// write puts the batch on the device: pwrite for each 128 KiB, then fdatasync.
//
// The order in which the pages reach the device does not matter. A start counts the batch only if
// its header and all of its records verify, so that any part of it is the same as nothing. That is
// also why the header of the segment may go with its first batch, in one flush: without the batch
// it names an empty segment.
func (w *batch) write(f *format.Format, staging *Staging) error {
	pages := format.PagesOf(int64(w.header.Length)) + 1 // a header before it, perhaps
	st := staging.lend(int(min(bufferSize, int64(pages)*flash.Page)))
	defer staging.GiveBack(st)
	p := pageWriter{file: w.file, offset: int64(w.header.Page) * format.Unit, buf: st.Memory[:min(bufferSize, len(st.Memory))]}
	if w.begins != nil {
		p.offset = 0
		page := p.buf[:flash.Page]
		w.begins.Encode(page, f)
		p.n = flash.Page
	}
	var head [format.BatchHeaderSize]byte
	w.header.Encode(head[:], f)
	p.write(head[:])
	seed := f.Seed(w.header.Segment)
	for i := range w.entries {
		r := &w.entries[i].payload
		p.pad(8)
		p.write(format.AppendHead(nil, r.kind, w.header.Tag, seed, r.meta, r.size()-format.FrameSize-int64(len(r.meta))))
		for _, part := range r.body {
			p.write(part)
		}
	}
	// Whole pages: the next batch begins on a fresh one, so that no acknowledged page is written
	// again, and torn.
	p.pad(flash.Page)
	p.flush()
	if p.err != nil {
		return fmt.Errorf("write slot %d: %w", w.slot, p.err)
	}
	// After an error the kernel may have marked the pages clean. A second fdatasync that succeeds
	// would prove nothing, so there is none: the batch goes to another slot.
	if err := w.file.Sync(); err != nil {
		return fmt.Errorf("flush slot %d: %w", w.slot, err)
	}
	return nil
}

// readBack reads the batch past the page cache: after a failed flush the cache shows what the
// device does not hold.
func (w *batch) readBack(f *format.Format) error {
	h := format.Header{Segment: w.header.Segment, Epoch: w.header.Epoch, Tag: w.header.Tag}
	c := slots.NewScan(w.file, &slots.Segment{Header: h}, f, 0, format.Discard{}, nil)
	_, ok, err := c.Batch(w.header.Page)
	if err != nil {
		return fmt.Errorf("read back slot %d: %w", w.slot, err)
	}
	if !ok {
		return fmt.Errorf("slot %d does not hold what was written", w.slot)
	}
	return nil
}

// loose returns how many bytes of the batch are no messages.
func (w *batch) loose() int64 {
	n := int64(w.header.Next()-w.header.Page) * format.Unit
	for i := range w.entries {
		if w.entries[i].message != nil {
			n -= w.entries[i].size()
		}
	}
	return n
}

// apply brings a durable batch into the index, where readers see it from then on, whole. The slot
// gets its segment before, and its counters afterwards: until then they count too much alive of
// what was expunged, and what came lies in a segment that is not sealed, so that no slot is retired
// too early.
func (l leader) apply(w *batch, h *head) {
	if w.begins != nil {
		l.table.Begin(*w.begins)
	}
	// The batch is durable: from here on nothing may fail.
	h.end = w.header.Next()
	h.foot.End = h.end
	h.doubt = false
	l.table.Grew(h.slot, h.end, w.loose(), h.left(l.opt.Format))
	l.meter.update(func(c *Counters) { w.count(&c.Lifetime) })
	if w.manifest != nil {
		h.foot.Manifest(*w.manifest)
	}
	a := &l.own.applier
	*a = applier{segments: w.segments, slot: h.slot, segment: h.segment, foot: h.foot, carrying: &l.own.carrying, counts: a.counts}
	due := false
	// One hold of the lock for all changes: a reader sees the whole batch or nothing of it. Footer
	// and index get the same changes in the same order, so that a start by footers finds what a
	// start by records finds.
	a.counts, due = l.opt.Index.Update(a.counts, func(d *index.Data) {
		a.Data = d
		for i, e := range w.entries {
			if e.change != nil {
				e.change.apply(a, w.offsets[i])
			}
		}
	})
	// The lock of the table is taken when that of the index was released: neither is ever held
	// inside the other. Moved comes before Count, which may be what makes a slot empty: a copy of
	// the folder may still need it then, and that is known by the time of the last move.
	for _, n := range a.moved {
		l.table.Moved(n)
	}
	for _, c := range a.counts {
		l.table.Count(c.Slot, c.Live, c.Bytes, c.Stored)
	}
	// Last of all, because from here on the slots may be written over: every tombstone and label
	// that was carried out of them is durable in this batch.
	for _, r := range a.retired {
		l.table.Retire(r, h.segment)
	}
	l.reclaimed.Add(a.records)
	l.retired.Add(int64(len(a.retired)))
	if a.Data, a.foot = nil, nil; cap(a.counts) > mostCounts {
		a.counts = nil
	}
	if due {
		l.opt.Wake()
	}
}

// mostCounts bounds the memory that is kept for the counts of the next batch.
const mostCounts = 256

// writePlan writes a plan as a batch, and reads it back where the device is in doubt.
func (l leader) writePlan(h *head, p *plan, begins *format.Header, readBack bool) error {
	w := l.newBatch(h, p, begins)
	if !w.fits(l.opt.Format, h.foot) {
		if begins != nil {
			h.active = false
			l.table.GiveBack(h.slot)
		}
		return fmt.Errorf("%w: it ends at byte %d", errTooLong, w.end)
	}
	// The identities are taken even if the device refuses the batch: it may be on the device
	// anyway, and no other message may have the same ones.
	l.opens.seq = p.seq
	err := w.write(l.opt.Format, &l.staging)
	if err == nil && readBack {
		err = w.readBack(l.opt.Format)
	}
	// A segment that had just begun has no acknowledged batch, so that there is no end to state;
	// the next batch of the hot log retires it instead (abandon).
	if err != nil && begins == nil {
		l.fence(h)
	}
	if err != nil {
		l.abandon(h, begins)
		return l.opt.Table.Fault(err)
	}
	l.own.batches++
	l.apply(w, h)
	return nil
}
