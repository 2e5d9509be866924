package spool

import (
	"slices"
	"time"
)

// The functions of this file keep the index; Spool.mu is held in all of them.

// mailbox returns the index of a mailbox, which is made when the first mail comes.
func (s *Spool) mailbox(key Key) *mailbox {
	box := s.mailboxes[key]
	if box == nil {
		box = &mailbox{key: key}
		s.mailboxes[key] = box
	}
	return box
}

// learn takes a message record into the index. It does not sort: a start sorts when it has all.
func (s *Spool) learn(sl *slot, m summary) {
	at := place{sl.number, uint32(m.offset / 8)}
	live, weight := 0, int64(0)
	for i, r := range m.recipients {
		if r.key == 0 {
			continue
		}
		live++
		weight = weigh(m.octets + r.head)
		box := s.mailbox(r.key)
		id := identity{m.first.epoch, m.first.seq + uint32(i)}
		box.add(row{id, m.octets + r.head, at.offset, uint16(at.slot), m.day})
		if m.uid != "" {
			box.imported.add(id, m.uid)
		}
	}
	switch {
	case live == 0:
		return
	case len(m.extents) > 0:
		weight = recordOverhead
	case live > 1:
		weight = weigh(m.octets)
	}
	if live > 1 || len(m.extents) > 0 {
		s.records[at] = &record{live: live, weight: weight, extents: m.extents}
	}
	s.count(sl, 1, weight)
}

// claim makes the bulk slots know that a record names them.
func (s *Spool) claim(rec *record) {
	rec.claimed = true
	for _, e := range rec.extents {
		s.count(s.slots[e.slot], 1, e.bytes())
	}
}

// count moves the counters of a slot.
func (s *Spool) count(sl *slot, live int, bytes int64) {
	sl.live += live
	sl.bytes += bytes
	sl.stored += max(bytes, 0)
	s.live += bytes
	if live < 0 && sl.live == 0 && sl.header.class == classBulk && sl.sealed && sl.writers == 0 {
		s.retireBulk(sl)
	}
}

// forget takes a row out of the index: the message was expunged.
func (s *Spool) forget(box *mailbox, i int) {
	if box.rows[i].age(s.today()) < briefDays {
		box.habit.brief++
	}
	box.kill(i)
	s.release(box.rows[i])
	delete(s.copies, box.rows[i].identity)
}

// release counts a row off where its bytes lie.
func (s *Spool) release(r row) {
	weight := weigh(r.octets)
	if rec := s.records[r.place()]; rec != nil {
		if rec.live--; rec.live > 0 {
			return
		}
		delete(s.records, r.place())
		weight = rec.weight
		for _, e := range rec.extents {
			if rec.claimed {
				s.count(s.slots[e.slot], -1, -e.bytes())
			}
		}
	}
	s.count(s.slots[r.slot], -1, -weight)
}

// bury applies a grave to the index, and notes that the segment it is in is needed as long as the one it points to. It says whether
// somebody lived.
func (s *Spool) bury(g grave, home uint64) (lived bool) {
	s.need(home, g.segment)
	box := s.mailboxes[g.key]
	if box == nil || s.tags[g.epoch] != g.tag {
		return false
	}
	for _, seq := range g.seqs {
		if i, ok := box.find(identity{g.epoch, seq}); ok && !box.dead.has(i) {
			s.forget(box, i)
			lived = true
		}
	}
	box.sweep()
	return lived
}

func (s *Spool) need(home, target uint64) {
	if home == target || home == 0 {
		return
	}
	targets := s.needed[home]
	if targets == nil {
		targets = make(map[uint64]struct{})
		s.needed[home] = targets
	}
	targets[target] = struct{}{}
}

// retireBulk frees a bulk slot, when it is ripe: nothing names its extents.
func (s *Spool) retireBulk(sl *slot) {
	if !s.ripe(sl) {
		return
	}
	sl.retired = true
	sl.freed = time.Now()
}

// forgetSegment says that a segment is retired: it needs no other one, and no copy in it counts.
func (s *Spool) forgetSegment(segment uint64) {
	delete(s.needed, segment)
	delete(s.labelHomes, segment)
	for id, segments := range s.copies {
		segments = slices.DeleteFunc(segments, func(held uint64) bool { return held == segment })
		if len(segments) == 0 {
			delete(s.copies, id)
		} else {
			s.copies[id] = segments
		}
	}
}
