package spool

import (
	"cmp"
	"errors"
	"fmt"
	"hash/crc32"
	"slices"

	"pillarbox/spool/flash"
)

const (
	// lowWater is how many slots are left when room is made ahead of time. Above it nothing is copied: what is dead
	// by then need not be.
	lowWater = reservedSlots + 1
	// moveBytes is about how much mail is moved in one batch.
	moveBytes = 256 << 10
)

// makeRoom frees a slot, or comes nearer to it; false: there is nothing to gain. It is called by the leader.
func (s *Spool) makeRoom() bool {
	if !s.retirable() && s.hurry() {
		return true
	}
	progress, err := s.compactSome(func(facts ...fact) error {
		h := s.log.headOf(facts[0])
		if h == &s.log.hot {
			facts = append(facts, s.obituaries()...)
		}
		return s.try(h, facts, false)
	})
	return progress && err == nil
}

// compactSome retires what is dead; when nothing is, it moves all that lives out of one segment, which then is. write
// makes facts durable. The order is: the copies are durable, then the record that retires the segment, then its slot is written over.
func (s *Spool) compactSome(write func(...fact) error) (progress bool, err error) {
	if s.retirable() {
		return s.retireSome(write)
	}
	s.mu.Lock()
	sl := s.victim()
	if sl == nil {
		s.mu.Unlock()
		return s.turnCold(write)
	}
	segment, isLog := sl.header.segment, sl.header.class.isLog()
	_, err = s.pin(sl)
	s.mu.Unlock()
	if err != nil {
		return false, s.fault(err)
	}
	defer s.giveBack(sl)
	if isLog {
		err = s.moveLog(sl, segment, write)
	} else {
		err = s.moveBulk(sl, segment, write)
	}
	return err == nil, err
}

// turnCold lets the leader seal the active cold segment, if that gives something to move.
func (s *Spool) turnCold(write func(...fact) error) (progress bool, err error) {
	err = write(nothing{})
	s.mu.Lock()
	defer s.mu.Unlock()
	return err == nil && s.victim() != nil, err
}

// retireSome retires what is dead; progress is false when the device does not let it see what must be carried out.
func (s *Spool) retireSome(write func(...fact) error) (progress bool, err error) {
	s.mu.Lock()
	before := s.laid
	s.mu.Unlock()
	err = write(nothing{})
	s.mu.Lock()
	defer s.mu.Unlock()
	return err == nil && s.laid > before, err
}

// moveLog moves every record that lives out of a log segment.
func (s *Spool) moveLog(sl *slot, segment uint64, write func(...fact) error) error {
	places, err := s.livePlaces(sl)
	if err != nil {
		return s.setAside(sl, err)
	}
	var facts []fact
	size := int64(0)
	flush := func() error {
		if len(facts) == 0 {
			return nil
		}
		err := write(facts...)
		facts, size = nil, 0
		return err
	}
	for _, at := range places {
		mv, err := s.readMoving(sl, segment, at)
		if errors.Is(err, errUnreadable) {
			s.setAside(sl, err)
			continue
		}
		if err != nil {
			return s.fault(err)
		}
		if size += mv.weight(); size > s.moveLimit() {
			if err := flush(); err != nil {
				return err
			}
			size = mv.weight()
		}
		facts = append(facts, mv)
	}
	return flush()
}

// moveLimit is how many bytes the next batch of moved mail may have: what is left of the active cold segment is filled up.
func (s *Spool) moveLimit() int64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	limit := min(moveBytes, s.format.slotSize/2)
	if room := s.coldLogRoom - flash.Page; room > limit/8 {
		limit = min(limit, room)
	}
	return limit
}

// setAside leaves a segment alone in which something alive does not verify: it costs this message, and the slot until
// the message is expunged.
func (s *Spool) setAside(sl *slot, err error) error {
	switch {
	case errors.Is(err, ErrFault), errors.Is(err, ErrFull):
		return err
	case !errors.Is(err, errUnreadable):
		return s.fault(err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	sl.stuck = true
	s.damaged++
	return nil
}

// livePlaces returns where the records of a segment lie that somebody still has.
func (s *Spool) livePlaces(sl *slot) ([]place, error) {
	c := &livingPlaces{spool: s, slot: sl.number}
	err := s.visitSegment(sl, c)
	return c.places, err
}

// livingPlaces keeps the places of messages that live.
type livingPlaces struct {
	spool  *Spool
	slot   uint32
	places []place
}

func (c *livingPlaces) grave(grave)       {}
func (c *livingPlaces) retired(retired)   {}
func (c *livingPlaces) census(census)     {}
func (c *livingPlaces) labelled(labelled) {}
func (c *livingPlaces) message(m summary) {
	at := place{c.slot, uint32(m.offset / 8)}
	c.spool.mu.Lock()
	defer c.spool.mu.Unlock()
	for i, r := range m.recipients {
		box := c.spool.mailboxes[r.key]
		if box == nil {
			continue
		}
		row, ok := box.find(identity{m.first.epoch, m.first.seq + uint32(i)})
		if ok && !box.dead.has(row) && box.rows[row].place() == at {
			c.places = append(c.places, at)
			return
		}
	}
}

// moveBulk moves every extent that lives out of a bulk segment, and the records that name it.
func (s *Spool) moveBulk(sl *slot, segment uint64, write func(...fact) error) error {
	s.mu.Lock()
	var places []place
	for at, rec := range s.records {
		for _, e := range rec.extents {
			if e.slot == sl.number {
				places = append(places, at)
				break
			}
		}
	}
	s.mu.Unlock()
	arrange(places, func(a, b place) int {
		return cmp.Or(cmp.Compare(a.slot, b.slot), cmp.Compare(a.offset, b.offset))
	})
	for _, at := range places {
		if err := s.moveExtents(sl, segment, at, write); err != nil {
			return err
		}
	}
	return nil
}

// moveExtents copies the extents that one record has in a bulk segment, and moves the record.
func (s *Spool) moveExtents(bulk *slot, segment uint64, at place, write func(...fact) error) error {
	s.mu.Lock()
	rec := s.records[at]
	if rec == nil || !slices.ContainsFunc(rec.extents, func(e extent) bool { return e.slot == bulk.number && e.segment == segment }) {
		s.mu.Unlock()
		return nil // it was expunged meanwhile, or moved
	}
	log := s.slots[at.slot]
	home := log.header.segment
	_, err := s.pin(log)
	s.mu.Unlock()
	if err != nil {
		return s.fault(err)
	}
	defer s.giveBack(log)
	mv, err := s.readMoving(log, home, at)
	if err != nil {
		return s.setAside(bulk, err)
	}
	w := bulkWriter{spool: s, bulk: &s.cold}
	defer w.end()
	mv.extents = nil
	for _, e := range mv.message.extents {
		if e.slot != bulk.number || e.segment != segment {
			mv.extents = append(mv.extents, e)
			continue
		}
		w.extents = nil
		if err := s.copyExtent(bulk, e, &w); err != nil {
			return s.setAside(bulk, err)
		}
		mv.extents = append(mv.extents, w.extents...)
	}
	if err := w.sync(); err != nil {
		return err
	}
	return write(mv)
}

// copyExtent writes the bytes of an extent to the cold bulk segment.
func (s *Spool) copyExtent(from *slot, e extent, w *bulkWriter) error {
	sum := s.format.seed(e.segment)
	buf := flash.Aligned(int(min(moveBytes, int64(e.pages())*flash.Page)))
	offset := int64(e.page) * flash.Page
	for left := int64(e.length); left > 0; {
		piece := buf[:min(left, int64(len(buf)))]
		if _, err := from.file.ReadAt(piece, offset); err != nil {
			return cmpErr(err)
		}
		sum = crc32.Update(sum, castagnoli, piece)
		if err := w.write(piece); err != nil {
			return err
		}
		offset += int64(len(piece))
		left -= int64(len(piece))
	}
	if sum != e.sum {
		return fmt.Errorf("slot %d at page %d: %w", from.number, e.page, errUnreadable)
	}
	return nil
}
