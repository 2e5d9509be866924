package spool

import (
	"cmp"

	"pillarbox/spool/flash"
)

// Stats say how the spool is. Counting is O(slots).
type Stats struct {
	Mode      flash.Mode
	Capacity  int64 // bytes
	SlotSize  int64 // bytes
	Slots     int   // files there are
	Sealed    int   // slots whose segment counts and grows no more
	Dead      int64 // bytes in segments that count, beside what lives: expunged mail, padding, headers
	FreeSlots int   // slots that a new segment could have, those without a file included
	Live      int64 // bytes of mail that is not expunged, with its records
	Mailboxes int   // that have mail
	Messages  int   // in all mailboxes
	Lifetime  Lifetime
	ReadOnly  bool  // the device refused a batch twice: nothing is accepted until it takes one
	Damaged   int   // records that did not verify, since the start
	Torn      bool  // the start found a batch that did not read at the end of the log: one cut short, or the newest one damaged
	Hurried   int   // slots that were used again before Options.CopyTime was over, since the start: a copy made then may lack mail
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
		Hurried:   s.hurried,
		Faults:    s.faults,
		LastFault: s.lastFault,
	}
	for _, sl := range s.slots {
		if sl == nil || !sl.exists {
			continue
		}
		st.Slots++
		if sl.counts() {
			st.Dead += s.format.slotSize - sl.bytes
			if sl.sealed {
				st.Sealed++
			}
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

// MailboxStats say what one mailbox holds.
type MailboxStats struct {
	Key      Key
	Messages int
	Octets   int64 // as listed
}

// Mailboxes returns the mailboxes that hold mail, by key. Those that no account has are orphans.
func (s *Spool) Mailboxes() []MailboxStats {
	s.mu.Lock()
	defer s.mu.Unlock()
	var list []MailboxStats
	for key, box := range s.mailboxes {
		if box.live > 0 {
			list = append(list, MailboxStats{key, box.live, box.octets})
		}
	}
	arrange(list, func(a, b MailboxStats) int { return cmp.Compare(a.Key, b.Key) })
	return list
}
