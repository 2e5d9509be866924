package spool

import (
	"errors"
	"fmt"
	"hash/crc32"
	"slices"
	"sync"

	"pillarbox/spool/flash"
)

// A bulk hands out pages of the bulk segment that is being filled. Deliveries share it: each takes as many pages as it has bytes for,
// so a slow sender holds nothing.
type bulk struct {
	mu   sync.Mutex // held while an extent is written or flushed, never while a client is waited for
	cold bool       // holds what is moved, not what comes
	slot *slot      // pinned; nil: the next extent begins a segment
	next uint32     // first page that is not handed out
}

// write puts the beginning of data, as much as the segment has room for, into an extent (its checksum is
// left to the caller). The slot's writers count goes up by one. data is page-aligned and has room to its last whole page.
func (b *bulk) write(s *Spool, data []byte) (extent, *slot, error) {
	s.pulse.begin()
	defer s.pulse.end()
	b.mu.Lock()
	defer b.mu.Unlock()
	s.mu.Lock()
	tight := !b.cold && s.tight()
	s.mu.Unlock()
	if tight {
		return extent{}, nil, ErrFull
	}
	if b.slot != nil && b.next >= s.format.pages() {
		b.leave(s)
	}
	if b.slot == nil {
		if err := b.begin(s); err != nil {
			return extent{}, nil, err
		}
	}
	sl := b.slot
	room := int64(s.format.pages()-b.next) * flash.Page
	n := min(int64(len(data)), room)
	whole := int64(pagesOf(n)) * flash.Page
	clear(data[n:whole:whole])
	e := extent{slot: sl.number, segment: sl.header.segment, page: b.next, length: uint32(n)}
	if _, err := sl.file.WriteAt(data[:whole:whole], int64(b.next)*flash.Page); err != nil {
		b.leave(s)
		return extent{}, nil, s.fault(fmt.Errorf("write slot %d: %w", sl.number, err))
	}
	b.next += pagesOf(n)
	s.mu.Lock()
	sl.writers++
	b.tellRoom(s)
	if b.cold {
		s.lifetime.Copied += uint64(n)
	} else {
		s.lifetime.In += uint64(n)
	}
	s.lifetime.Padded += uint64(whole - n)
	s.mu.Unlock()
	return e, sl, nil
}

// begin takes a slot for a new bulk segment. Its header becomes durable with the first extent.
func (b *bulk) begin(s *Spool) error {
	reserve := reservedSlots
	if b.cold {
		reserve = s.coldReserve()
	}
	sl, err := s.takeSlot(reserve)
	for range s.format.pages() {
		if !errors.Is(err, ErrFull) || b.cold {
			break
		}
		if !s.retirable() && s.hurry() {
			s.ripen()
		}
		if progress, failed := s.compactSome(s.commit); !progress || failed != nil {
			return err
		}
		sl, err = s.takeSlot(reserve)
	}
	if err != nil {
		return err
	}
	epoch, tag, err := s.log.open(s)
	if err != nil {
		s.giveBack(sl)
		return err
	}
	h := header{class: classBulk, segment: s.newSegment(), slot: sl.number, epoch: epoch, tag: tag}
	page := flash.Aligned(flash.Page)
	h.encode(page, s.format)
	if _, err := sl.file.WriteAt(page, 0); err != nil {
		s.giveBack(sl)
		return s.fault(fmt.Errorf("write slot %d: %w", sl.number, err))
	}
	b.slot, b.next = sl, 1
	s.mu.Lock()
	sl.begin(h)
	b.tellRoom(s)
	s.mu.Unlock()
	return nil
}

// tellRoom keeps the count of what can be moved without another slot. Spool.mu is held.
func (b *bulk) tellRoom(s *Spool) {
	switch {
	case !b.cold:
	case b.slot == nil:
		s.coldRoom = 0
	default:
		s.coldRoom = int64(s.format.pages()-b.next) * flash.Page
	}
}

// leave ends the segment: nothing more will be written into it.
func (b *bulk) leave(s *Spool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	sl := b.slot
	b.slot = nil
	b.tellRoom(s)
	sl.sealed = true
	s.unpin(sl)
	if sl.live == 0 && sl.writers == 0 {
		s.retireBulk(sl)
	}
}

// sync makes every extent in the slot durable that is written by now: one flush. After a failed one no
// delivery with extents there may be committed, whoever's flush it was.
func (b *bulk) sync(s *Spool, sl *slot) error {
	s.pulse.begin()
	defer s.pulse.end()
	b.mu.Lock()
	defer b.mu.Unlock()
	s.mu.Lock()
	poisoned := sl.poisoned
	file, err := s.pin(sl)
	s.mu.Unlock()
	if err != nil {
		return s.fault(err)
	}
	if poisoned {
		err = fmt.Errorf("slot %d is poisoned", sl.number)
	} else if err = file.Sync(); err != nil {
		err = fmt.Errorf("flush slot %d: %w", sl.number, err)
	}
	s.mu.Lock()
	s.lifetime.Flushes++
	sl.poisoned = err != nil // the ghosts stay: batches of theirs can lie where no extent is
	s.unpin(sl)
	s.mu.Unlock()
	if err == nil {
		return nil
	}
	if b.slot == sl {
		b.leave(s)
	}
	return s.fault(err)
}

// leaveBulk says that a delivery needs the slot no more for itself.
func (s *Spool) leaveBulk(sl *slot) {
	s.mu.Lock()
	defer s.mu.Unlock()
	sl.writers--
	if sl.sealed && sl.live == 0 && sl.writers == 0 && !sl.retired {
		s.retireBulk(sl)
	}
}

// A bulkWriter puts one mail into extents. It is used by one goroutine and ended once.
type bulkWriter struct {
	spool   *Spool
	bulk    *bulk
	extents []extent
	slots   []*slot // that the extents are in, each once
}

// write puts data into extents. data is page-aligned, has room to its last whole page, and only the last one of a mail is no whole
// number of pages.
func (w *bulkWriter) write(data []byte) error {
	for len(data) > 0 {
		e, sl, err := w.bulk.write(w.spool, data)
		if err != nil {
			return err
		}
		if slices.Contains(w.slots, sl) {
			w.spool.leaveBulk(sl)
		} else {
			w.slots = append(w.slots, sl)
		}
		w.add(e, data[:e.length])
		data = data[e.length:]
	}
	return nil
}

// add joins the extent to the one before when it is its continuation.
func (w *bulkWriter) add(e extent, written []byte) {
	if n := len(w.extents); n > 0 {
		last := &w.extents[n-1]
		if last.segment == e.segment && last.length%flash.Page == 0 && last.page+last.pages() == e.page {
			last.length += e.length
			last.sum = crc32.Update(last.sum, castagnoli, written)
			return
		}
	}
	e.sum = crc32.Update(w.spool.format.seed(e.segment), castagnoli, written)
	w.extents = append(w.extents, e)
}

// sync makes the extents durable: a flush for each slot.
func (w *bulkWriter) sync() error {
	for _, sl := range w.slots {
		if err := w.bulk.sync(w.spool, sl); err != nil {
			return err
		}
	}
	return nil
}

// end says that the extents are named by a record, or by nobody.
func (w *bulkWriter) end() {
	for _, sl := range w.slots {
		w.spool.leaveBulk(sl)
	}
	w.slots = nil
}
