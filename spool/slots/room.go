package slots

// FullPercent of the capacity may be live before new mail is refused: above it making room costs
// more than it brings.
const FullPercent = 80

// Room returns ErrFull if a message of that many bytes, which takes slots of its own beside those
// that every message takes, finds no room now.
func (t *Table) Room(bytes int64, own int) error {
	room := t.space()
	s := t.lock()
	defer t.mu.Unlock()
	if s.over(bytes) || s.tight(room) {
		return ErrFull
	}
	available := s.available(room)
	if available+s.emptied()+s.gainable(available) <= Reserved+own {
		return ErrFull
	}
	return nil
}

// over reports whether that many bytes more would be more than may live.
func (s *state) over(bytes int64) bool {
	return s.live+s.pending+bytes > s.opt.Capacity/100*FullPercent
}

// Claim counts bytes of a delivery that has not ended as if they lived. It returns ErrFull if there
// is no room for them, and counts nothing.
func (t *Table) Claim(bytes int64) error {
	s := t.lock()
	defer t.mu.Unlock()
	if s.over(bytes) {
		return ErrFull
	}
	s.pending += bytes
	return nil
}

// Unclaim takes back what Claim has counted.
func (t *Table) Unclaim(bytes int64) {
	s := t.lock()
	defer t.mu.Unlock()
	s.pending -= bytes
}

// Spare returns how many bytes of mail fit in before the spool is full.
func (t *Table) Spare() int64 {
	s := t.lock()
	defer t.mu.Unlock()
	return max(0, s.opt.Capacity/100*FullPercent-s.live-s.pending)
}

// Live returns how many bytes live.
func (t *Table) Live() int64 {
	s := t.lock()
	defer t.mu.Unlock()
	return s.live
}

// Few reports whether so few slots are left, those counted that only wait until a copy of the
// folder is done, that room should be made ahead of time.
func (t *Table) Few() bool {
	room := t.space()
	s := t.lock()
	defer t.mu.Unlock()
	return s.available(room)+s.waiting() <= lowWater
}

// lowWater is how many slots are left when room is made ahead of time. Above it nothing is copied:
// what is dead by then need not be.
const lowWater = Reserved + 1
