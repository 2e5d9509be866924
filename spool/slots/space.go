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
