package spool

import "pillarbox/spool/flash"

// Stats say how the spool is. Counting is O(slots).
type Stats struct {
	Mode      flash.Mode
	Capacity  int64 // bytes
	SlotSize  int64 // bytes
	Slots     int   // files there are
	FreeSlots int   // slots that a new segment could have, those without a file included
	Live      int64 // bytes of mail that is not expunged, with its records
	Mailboxes int   // that have mail
	Messages  int   // in all mailboxes
	Lifetime  Lifetime
	ReadOnly  bool  // the device refused a batch twice: nothing is accepted until it takes one
	Damaged   int   // records that did not verify, since the start
	Torn      bool  // the start found a batch that did not read at the end of the log: one cut short, or the newest one damaged
	Faults    int   // writes and flushes that failed, since the start
	LastFault error // of them
}

// Stats counts.
func (s *Spool) Stats() Stats {
	s.mu.Lock()
	defer s.mu.Unlock()
	st := Stats{
		Mode:      s.vol.Mode(),
		Capacity:  s.opt.Capacity,
		SlotSize:  s.format.slotSize,
		FreeSlots: s.available(),
		Live:      s.live,
		Lifetime:  s.lifetime,
		ReadOnly:  s.readOnly,
		Damaged:   s.damaged,
		Torn:      s.torn,
		Faults:    s.faults,
		LastFault: s.lastFault,
	}
	for _, sl := range s.slots {
		if sl != nil && sl.exists {
			st.Slots++
		}
	}
	for _, box := range s.mailboxes {
		if box.live > 0 {
			st.Mailboxes++
			st.Messages += box.live
		}
	}
	return st
}

// MailboxStats are the count and the listed octets of one mailbox.
func (s *Spool) MailboxStats(key Key) (messages int, octets int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if box := s.mailboxes[key]; box != nil {
		return box.live, box.octets
	}
	return 0, 0
}
