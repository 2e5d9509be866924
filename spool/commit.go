package spool

import (
	"errors"
	"fmt"
	"hash/crc32"

	"pillarbox/spool/flash"
)

// writeBatch writes facts as one batch: one write for each 128 KiB, then one flush of the slot. nil: all are durable and in
// the index. Otherwise none is in the index, and what of them is on the device will not count once a later segment begins.
// After a failed write or flush the batch goes to another slot, once, and is read back past the page cache.
func (s *Spool) writeBatch(h *head, facts []fact) error {
	if err := s.log.number(s); err != nil {
		return err
	}
	if err := s.settleDoubt(h); err != nil {
		return err
	}
	if h == &s.log.hot {
		facts = append(facts, s.obituaries()...)
	}
	err := s.try(h, facts, false)
	if errors.Is(err, ErrFault) {
		if err = s.settleDoubt(h); err == nil {
			err = s.try(h, facts, true)
		}
		s.mu.Lock()
		s.readOnly = errors.Is(err, ErrFault)
		s.mu.Unlock()
	}
	return err
}

// try writes facts as one batch, and reads it back where the device is in doubt.
func (s *Spool) try(h *head, facts []fact, readBack bool) error {
	log, foot := s.measure(facts)
	if log == 0 {
		s.sealNarrow()
		return nil
	}
	s.shed()
	begins, err := s.ensureActive(h, log, foot, s.reserveOf(facts))
	for range s.format.pages() { // more than enough: each round frees a slot, or comes nearer to it
		if !errors.Is(err, ErrFull) || s.reserveOf(facts) != reservedSlots || !s.makeRoom() {
			break
		}
		begins, err = s.ensureActive(h, log, foot, reservedSlots)
	}
	if err != nil {
		return err
	}
	if begins != nil && h == &s.log.hot {
		facts = append(facts[:len(facts):len(facts)], &count{})
	}
	w := s.newBatch(h, facts, begins)
	err = w.write(s)
	if err == nil && readBack {
		err = w.readBack(s)
	}
	if err != nil && begins == nil {
		s.fence(h)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if err != nil {
		s.abandon(h, begins)
		return s.faultLocked(err)
	}
	w.settle(s, h)
	return nil
}

// readBack reads the batch past the page cache: after a failed flush the cache shows what the device does not hold.
func (w *batch) readBack(s *Spool) error {
	c := s.newScan(w.slot, w.slot.file, 0, discard{}, nil)
	c.segment, c.seed = w.header.segment, s.format.seed(w.header.segment)
	c.epoch, c.tag = w.header.epoch, w.header.tag
	_, ok, err := c.batch(w.header.page)
	if err != nil {
		return fmt.Errorf("read back slot %d: %w", w.slot.number, err)
	}
	if !ok {
		return fmt.Errorf("slot %d does not hold what was written", w.slot.number)
	}
	return nil
}

// measure returns how many bytes facts will add to the log and, at most, to the footer; 0: there is nothing to write.
func (s *Spool) measure(facts []fact) (log, foot int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	seq := s.log.seq
	for _, f := range facts {
		if r, ok := f.record(s); ok {
			// The checksum in the meta is not known yet: 4 bytes at most.
			log += align8(r.size() + 4)
			foot += int64(len(r.meta)) + 16 + 5*int64(r.recipients) // for positions of keys
		}
	}
	s.log.seq = seq
	if log > 0 {
		log += batchHeaderSize
	}
	return log, foot
}

// reserveOf returns how many slots the batch must leave alone.
func (s *Spool) reserveOf(facts []fact) int {
	reserve := 0
	for _, f := range facts {
		switch f.(type) {
		case *intake:
			return reservedSlots
		case *moving:
			reserve = s.coldReserve()
		}
	}
	return reserve
}

// coldReserve returns how many slots what is moved must leave alone. A segment of tombstones alone dies when it is full, and its
// slot is the next but one for those that follow: so deletes go on for ever with one free slot. One more is needed
// as long as there is mail in the segment that they are written to.
func (s *Spool) coldReserve() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.coldReserveLocked()
}

func (s *Spool) coldReserveLocked() int {
	if sl := s.hotSlot; sl != nil && sl.live == 0 {
		return 1
	}
	return 2
}

// A batch is being written.
type batch struct {
	header  batchHeader
	begins  *header // of the segment, when the batch is its first one
	slot    *slot
	facts   []fact      // those that have something to write
	records []logRecord // of each fact
	offsets []int64     // of each record in the slot
	mail    int64       // bytes of new mail in it
	copied  int64       // bytes of moved mail in it
}

// newBatch lets every fact say what to write.
func (s *Spool) newBatch(h *head, facts []fact, begins *header) *batch {
	a := &s.log
	w := &batch{begins: begins, slot: h.active}
	page := uint32(firstUnit)
	segment := h.active.header.segment
	if begins != nil {
		segment = begins.segment
	} else {
		page = h.active.end
	}
	a.writing = segment
	s.mu.Lock()
	defer s.mu.Unlock()
	end := int64(page)*unit + batchHeaderSize
	for _, f := range facts {
		r, ok := f.record(s)
		if !ok {
			continue
		}
		offset := align8(end)
		w.facts = append(w.facts, f)
		w.records = append(w.records, r)
		w.offsets = append(w.offsets, offset)
		w.mail += r.mail
		w.copied += r.copied
		end = offset + r.size()
	}
	w.header = batchHeader{
		segment: segment,
		tag:     a.tag,
		epoch:   a.epoch,
		page:    page,
		length:  uint32(end - int64(page)*unit),
		records: uint32(len(w.records)),
		durable: page,
	}
	w.header.lifetime = s.lifetime
	w.header.lifetime.add(w)
	return w
}

// add counts the batch itself, flush included.
func (l *Lifetime) add(w *batch) {
	pages := int64(pagesOf(int64(w.header.length)))
	if w.begins != nil {
		pages++
	}
	l.In += uint64(w.mail)
	l.Copied += uint64(w.copied)
	l.Padded += uint64(pages*flash.Page - w.mail - w.copied)
	l.Flushes++
}

// write puts the batch on the device: pwrite for each 128 KiB, then fdatasync.
func (w *batch) write(s *Spool) error {
	pages := pagesOf(int64(w.header.length)) + 1 // a header before it, perhaps
	st := s.staging.lend(int(min(bufferSize, int64(pages)*flash.Page)))
	defer s.staging.giveBack(st)
	p := pageWriter{file: w.slot.file, offset: int64(w.header.page) * unit, buf: st.memory[:min(bufferSize, len(st.memory))]}
	if w.begins != nil {
		p.offset = 0
		page := p.buf[:flash.Page]
		w.begins.encode(page, s.format)
		p.n = flash.Page
	}
	var head [batchHeaderSize]byte
	w.header.encode(head[:], s.format)
	p.write(head[:])
	seed := s.format.seed(w.header.segment)
	for i := range w.records {
		r := &w.records[i]
		p.pad(8)
		p.write(appendHead(nil, r.kind, w.header.tag, seed, r.meta, r.size()-frameSize-int64(len(r.meta))))
		for _, part := range r.body {
			p.write(part)
		}
	}
	p.pad(flash.Page)
	p.flush()
	if p.err != nil {
		return fmt.Errorf("write slot %d: %w", w.slot.number, p.err)
	}
	if err := w.slot.file.Sync(); err != nil {
		return fmt.Errorf("flush slot %d: %w", w.slot.number, err)
	}
	return nil
}

// settle tells everybody: the batch is durable. Spool.mu is held.
func (w *batch) settle(s *Spool, h *head) {
	sl := w.slot
	if w.begins != nil {
		sl.begin(*w.begins)
		sl.ghosts = nil
	}
	sl.end = w.header.next()
	sl.loose += w.loose()
	h.foot.end = sl.end
	h.doubt = false
	s.lifetime.add(w)
	s.grew(h)
	for i, f := range w.facts {
		f.settle(s, sl, w.offsets[i], h.foot)
	}
}

// grew keeps what making room wants to know of the active segments. Spool.mu is held.
func (s *Spool) grew(h *head) {
	if h == &s.log.hot {
		s.hotSlot = h.active
	} else {
		s.coldLogRoom = s.format.slotSize - int64(h.active.end)*unit - h.foot.size()
	}
}

// loose returns how many bytes of the batch are no messages.
func (w *batch) loose() int64 {
	n := int64(w.header.next()-w.header.page) * unit
	for i := range w.records {
		if k := w.records[i].kind; k == kindMessage || k == kindMoved {
			n -= w.records[i].size()
		}
	}
	return n
}

// sumOf returns the checksum of a record's body, seeded with the segment it is written to.
func (s *Spool) sumOf(segment uint64, parts [][]byte) uint32 {
	sum := s.format.seed(segment)
	for _, p := range parts {
		sum = crc32.Update(sum, castagnoli, p)
	}
	return sum
}

// fault wraps the error of the device.
func (s *Spool) fault(err error) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.faultLocked(err)
}

func (s *Spool) faultLocked(err error) error {
	if errors.Is(err, ErrFull) {
		return err
	}
	s.faults++
	s.lastFault = err
	return fmt.Errorf("%w: %w", ErrFault, err)
}
