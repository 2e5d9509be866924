package spool

import "fmt"

// begin makes the slot hold a new segment. Spool.mu is held.
func (sl *slot) begin(h header) {
	sl.header = h
	sl.end = firstUnit
	sl.sealed, sl.retired, sl.poisoned = false, false, false
	sl.live, sl.bytes = 0, 0
}

func (s *Spool) newSegment() uint64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.nextSegment++
	return s.nextSegment
}

// ensureActive makes room for a batch in the active segment, or seals it and takes a slot for the next; then begins is the
// header to write with the batch. log and foot are what the batch adds to the log and to the footer, in bytes. It is called by the leader.
func (s *Spool) ensureActive(log, foot int64, reserve int) (begins *header, err error) {
	a := &s.log
	if a.active != nil {
		if s.fits(a.active.end, log, a.foot.size()+foot) {
			return nil, nil
		}
		s.seal()
	}
	if !s.fits(firstUnit, log, newFooter().size()+foot) {
		return nil, fmt.Errorf("spool: a batch of %d bytes does not fit a slot", log)
	}
	sl, err := s.takeSlot(reserve)
	if err != nil {
		return nil, err
	}
	a.active, a.foot = sl, newFooter()
	return &header{
		class:       classLog,
		segment:     s.newSegment(),
		slot:        sl.number,
		epoch:       a.epoch,
		tag:         a.tag,
		previous:    a.last.segment,
		previousEnd: a.last.end,
	}, nil
}

func (s *Spool) fits(page uint32, log, foot int64) bool {
	return int64(page+unitsOf(log))*unit+foot <= s.format.slotSize
}

// seal writes the footer of the active segment, one write and no flush: the next one that the device gets makes it
// durable, and until then, or when it cannot be written, a start reads the segment record by record.
func (s *Spool) seal() {
	a := &s.log
	sl := a.active
	s.mu.Lock()
	a.foot.lifetime = s.lifetime
	s.mu.Unlock()
	pages := a.foot.seal(sl.header.segment, a.tag, s.format.seed(sl.header.segment))
	offset := s.format.slotSize - int64(len(pages))
	_, err := sl.file.WriteAt(pages, offset)
	s.mu.Lock()
	defer s.mu.Unlock()
	if err != nil {
		s.faultLocked(fmt.Errorf("write slot %d: %w", sl.number, err))
	} else {
		s.lifetime.Padded += uint64(len(pages))
	}
	s.leaveActive()
}

// leaveActive ends the active segment without a footer. Spool.mu is held.
func (s *Spool) leaveActive() {
	a := &s.log
	a.last.segment, a.last.end = a.active.header.segment, a.active.end
	a.active.sealed = true
	s.unpin(a.active)
	a.active = nil
	s.wake()
}

// abandon poisons the active segment after a failed write or flush: no page of it is written again in this life, and nothing in the failed batch will
// count, for the next segment says where this one ended. Spool.mu is held.
func (s *Spool) abandon(begins *header) {
	a := &s.log
	if begins == nil {
		s.leaveActive()
		return
	}
	sl := a.active
	sl.ghosts = append(sl.ghosts, ghost{segment: begins.segment})
	s.unpin(sl)
	a.active = nil
}
