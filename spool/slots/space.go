package slots

import "pillarbox/spool/flash"

// A space is what the file system had free, as a system call said before the lock was taken.
type space struct {
	bytes int64
	err   error
}

// available counts the slots that a new segment could have, those without a file as far as the file
// system has room for them.
func (s *state) available(room space) int {
	free, fresh := s.existing(), s.missing()
	if fresh == 0 {
		return free
	}
	switch {
	case room.err != nil && s.cramped:
		return free
	case room.err != nil:
		return free + fresh
	case s.cramped && room.bytes <= 2*s.opt.Format.SlotSize:
		return free
	}
	s.cramped = false
	return free + int(min(int64(fresh), room.bytes/s.opt.Format.SlotSize))
}

// tight reports whether the file system would have no room for deletes, where slots grow: free
// bytes count, and free slots whose room is reserved.
func (s *state) tight(room space) bool {
	if s.opt.Volume.Mode() != flash.Append {
		return false
	}
	bytes := room.bytes
	for _, sl := range s.slots {
		if sl != nil && sl.roomy && sl.free() {
			bytes += s.opt.Format.SlotSize
		}
	}
	return room.err == nil && bytes < Reserved*s.opt.Format.SlotSize
}

// space asks the file system if its answer can matter: where slots grow, or while the capacity
// allows slots that have no file. The lock is not held.
func (t *Table) space() space {
	s := t.lock()
	matters := t.opt.Volume.Mode() == flash.Append || s.missing() > 0
	t.mu.Unlock()
	if !matters {
		return space{}
	}
	bytes, err := t.opt.Volume.Free()
	return space{bytes, err}
}

// Stats are the counters of a table.
type Stats struct {
	Slots     int   // files
	Sealed    int   // slots whose segment counts and grows no more
	Dead      int64 // bytes in segments that count, beside what lives
	Free      int   // slots that a new segment could have, those without a file included
	Live      int64 // live bytes
	Hurried   int   // slots that were used again before CopyTime was over
	Faults    int   // errors of the device
	LastFault error
}

// Stats counts.
func (t *Table) Stats() Stats {
	room := t.space()
	s := t.lock()
	defer t.mu.Unlock()
	st := Stats{Free: s.available(room), Live: s.live, Hurried: s.hurried, Faults: s.faults, LastFault: s.lastFault}
	for _, sl := range s.slots {
		if sl == nil || !sl.exists {
			continue
		}
		st.Slots++
		if sl.Counts() {
			st.Dead += s.opt.Format.SlotSize - sl.Bytes
			if sl.Sealed {
				st.Sealed++
			}
		}
	}
	return st
}

// Newest returns the number of the newest segment.
func (t *Table) Newest() uint64 {
	s := t.lock()
	defer t.mu.Unlock()
	return s.lastSegment
}

// NextProof pins a slot that counts, another one each time, and returns a page of it to be read; ok
// is false if there is none.
func (t *Table) NextProof() (n uint32, file flash.File, at int64, ok bool, err error) {
	s := t.lock()
	sl, at := s.nextProof()
	if sl == nil {
		t.mu.Unlock()
		return 0, nil, 0, false, nil
	}
	file, _, err = t.pinAndUnlock(sl)
	return sl.number, file, at, true, err
}

func (s *state) nextProof() (sl *slot, at int64) {
	for range len(s.slots) {
		s.proven++
		if sl := s.slots[s.proven%len(s.slots)]; sl != nil && sl.exists && sl.Counts() {
			pages := max(1, int64(sl.End))
			if s.opt.Volume.Mode() == flash.Recycle { // the whole file is there
				pages = int64(s.opt.Format.Pages())
			}
			return sl, int64(s.proven/len(s.slots)) % pages * flash.Page
		}
	}
	return nil, 0
}
