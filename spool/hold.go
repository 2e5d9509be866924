package spool

import (
	"errors"
	"time"
)

// A copy of the folder is made file by file while the spool goes on. Mail that is moved from a slot that is still to be copied to one
// that was copied already must not get lost on the way, and what was expunged must not come back: what was moved away stays where it
// was, and counts, and what is retired stays to be read, for as long as a copy may take (Options.CopyTime); and nothing is retired as long as somebody
// holds it. When new mail would be refused otherwise, room comes first.

// ErrHurried: the spool needed the room while it was held. The copy may lack mail: make it again.
var ErrHurried = errors.New("spool: room was needed while the copy was made")

// A Hold keeps slots from being used again, so that a copy of the folder holds all mail that was there when it began.
type Hold struct{ spool *Spool }

// Hold begins a hold. Mail and deletes go on as long as there are free slots. No slot is made ahead of time meanwhile, for whatever copies
// the folder may stumble over a file that gets another name; one that is being made is waited for.
func (s *Spool) Hold() *Hold {
	s.mu.Lock()
	if s.holds == 0 {
		s.broken = false
	}
	s.holds++
	s.mu.Unlock()
	s.making.Lock()
	defer s.making.Unlock()
	return &Hold{s}
}

// Release ends the hold. ErrHurried: it did not hold. A second Release does nothing.
func (h *Hold) Release() error {
	s := h.spool
	if s == nil {
		return nil
	}
	h.spool = nil
	s.mu.Lock()
	defer s.mu.Unlock()
	s.holds--
	s.wake()
	if s.broken {
		return ErrHurried
	}
	return nil
}

// held says whether somebody holds the slots. Spool.mu is held.
func (s *Spool) held() bool { return s.holds > 0 && !s.broken }

// ripe says whether no copy that is being made now needs what was moved out of a slot. Spool.mu is held.
func (s *Spool) ripe(sl *slot) bool {
	return !s.held() && (sl.moved.IsZero() || time.Since(sl.moved) >= s.opt.CopyTime)
}

// empty says whether nothing in the slot's segment lives, and nothing will follow.
func (sl *slot) empty() bool {
	return sl.dead() || sl.counts() && sl.header.class == classBulk && sl.sealed && sl.live == 0 && sl.writers == 0
}

// waiting counts the empty slots that a copy may need. Spool.mu is held.
func (s *Spool) waiting() int {
	n := 0
	for _, sl := range s.slots {
		if sl != nil && sl.empty() && !s.ripe(sl) {
			n++
		}
	}
	return n
}

// hurry makes the empty slots free whatever copy is being made; false: there are none.
func (s *Spool) hurry() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	n := s.waiting()
	if n == 0 {
		return false
	}
	s.hurried += n
	s.broken = true
	for _, sl := range s.slots {
		if sl != nil && sl.empty() {
			sl.moved = time.Time{}
		}
	}
	return true
}

// noteHurry counts a slot that is taken although a copy may need what it says. Spool.mu is held.
func (s *Spool) noteHurry(sl *slot) {
	if !sl.freed.IsZero() && time.Since(sl.freed) < s.opt.CopyTime {
		s.hurried++
	}
}

// ripen frees the bulk slots out of which everything was moved a while ago. Log segments need a record for it, see obituaries.
func (s *Spool) ripen() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, sl := range s.slots {
		if sl != nil && sl.header.class == classBulk && sl.empty() {
			s.retireBulk(sl)
		}
	}
}
