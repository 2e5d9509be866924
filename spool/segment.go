package spool

import (
	"fmt"
	"time"

	"pillarbox/spool/flash"
)

// begin makes the slot hold a new segment. Spool.mu is held.
func (sl *slot) begin(h header) {
	sl.header = h
	sl.end = firstUnit
	sl.sealed, sl.retired, sl.poisoned, sl.stuck = false, false, false, false
	sl.live, sl.bytes, sl.stored, sl.loose = 0, 0, 0, 0
	sl.moved = time.Time{}
}

func (s *Spool) newSegment() uint64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.nextSegment++
	return s.nextSegment
}

// ensureActive makes room for a batch in the active segment, or seals it and takes a slot for the next; then begins is the
// header to write with the batch. log and foot are what the batch adds to the log and to the footer, in bytes. It is called by the leader.
func (s *Spool) ensureActive(h *head, log, foot int64, reserve int) (begins *header, err error) {
	a := &s.log
	if h.active != nil {
		if s.fits(h.active.end, log, h.foot.size()+foot) {
			return nil, s.spare(reserve)
		}
		if err := s.spare(reserve + 1); err != nil {
			return nil, err // sealed when there is a slot for the next segment: until then it has room for deletes
		}
		s.seal(h)
	}
	s.mu.Lock()
	census := int64(28 * s.maxSlots()) // in the log and in the footer
	s.mu.Unlock()
	if !s.fits(firstUnit, log+census, newFooter().size()+foot+census) {
		return nil, fmt.Errorf("spool: a batch of %d bytes does not fit a slot", log)
	}
	sl, err := s.takeSlot(reserve)
	if err != nil {
		return nil, err
	}
	h.active, h.foot = sl, newFooter()
	return &header{
		class:       h.class,
		segment:     s.newSegment(),
		slot:        sl.number,
		epoch:       a.epoch,
		tag:         a.tag,
		previous:    h.last.segment,
		previousEnd: h.last.end,
	}, nil
}

// spare says whether as many slots are left as new mail must leave: it does not fill up the segment that deletes need, either.
func (s *Spool) spare(slots int) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if slots >= reservedSlots && (s.available() < slots || s.tight()) {
		return ErrFull
	}
	return nil
}

func (s *Spool) fits(page uint32, log, foot int64) bool {
	return int64(page+unitsOf(log))*unit+foot <= s.format.slotSize
}

// seal writes the footer of the active segment, one write and no flush: the next one that the device gets makes it
// durable, and until then, or when it cannot be written, a start reads the segment record by record.
func (s *Spool) seal(h *head) {
	err := s.writeFooter(h)
	s.mu.Lock()
	defer s.mu.Unlock()
	if err != nil {
		s.faultLocked(fmt.Errorf("write slot %d: %w", h.active.number, err))
	}
	s.leave(h)
}

// writeFooter writes the footer of the active segment. It names the epoch of this open, of which there may be no message: a later open must
// not draw it again, or one before it, for then a batch that was never acknowledged could count behind it.
func (s *Spool) writeFooter(h *head) error {
	sl := h.active
	s.mu.Lock()
	h.foot.lifetime = s.lifetime
	s.mu.Unlock()
	h.foot.epochs.position(epochTag{s.log.epoch, s.log.tag})
	pages := h.foot.seal(sl.header.segment, s.log.tag, s.format.seed(sl.header.segment))
	if _, err := sl.file.WriteAt(pages, s.format.slotSize-int64(len(pages))); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.lifetime.Padded += uint64(len(pages))
	return nil
}

// fence writes a footer where a batch was refused, if the device takes it. The header of the next segment says where this one
// ended, too, but may be gone before this one is, and then the refused batch would count.
func (s *Spool) fence(h *head) {
	if s.writeFooter(h) != nil || h.active.file.Sync() != nil {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.lifetime.Flushes++
}

// sealNarrow seals the active cold segment when slots are short and it has no room left for the records of a bulk segment. If the last slot
// that may be taken went to the next cold segment, there would be none for what the records name; sealed, it can be emptied itself. It is
// called by the leader.
func (s *Spool) sealNarrow() {
	h := &s.log.cold
	if h.active == nil {
		return
	}
	s.mu.Lock()
	records := s.format.slotSize / s.inlineLimit()
	narrow := s.coldLogRoom < min(records*flash.Page, s.format.slotSize/16) && s.available() <= reservedSlots
	s.mu.Unlock()
	if narrow {
		s.seal(h)
	}
}

// leave ends the active segment. Spool.mu is held.
func (s *Spool) leave(h *head) {
	h.last.segment, h.last.end = h.active.header.segment, h.active.end
	h.active.sealed = true
	s.unpin(h.active)
	h.active = nil
	if h == &s.log.hot {
		s.hotSlot = nil
	} else {
		s.coldLogRoom = 0
	}
	s.wake()
}

// abandon poisons the active segment after a failed write or flush: no batch is written into it again, and nothing in the failed one will
// count, for the footer and the next segment say where this one ended. Spool.mu is held.
func (s *Spool) abandon(h *head, begins *header) {
	if begins == nil {
		h.active.loose += s.format.slotSize - int64(h.active.end)*unit
		s.leave(h)
		h.doubt = true
		return
	}
	s.log.hot.doubt = true // which lays ghosts
	sl := h.active
	sl.ghosts = append(sl.ghosts, ghost{segment: begins.segment})
	sl.freed = time.Now() // another one is tried before it
	s.unpin(sl)
	h.active = nil
}
