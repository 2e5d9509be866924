package spool

import (
	"errors"
	"fmt"

	"pillarbox/spool/commit"
	"pillarbox/spool/format"
	"pillarbox/spool/index"
	"pillarbox/spool/slots"
)

// What tests see of the parts of a spool.

// boxOf returns the index of a mailbox, which nothing may change meanwhile; nil if there is none.
func boxOf(s *Spool, key Key) (box *index.Mailbox) {
	s.index.Read(func(d *index.Data) { box = d.Mailboxes[key] })
	return box
}

// recordAt returns what the index keeps of a record with several recipients or extents.
func recordAt(s *Spool, at index.Location) (rec *index.Record) {
	s.index.Read(func(d *index.Data) { rec = d.Records[at] })
	return rec
}

// slotOf returns the segment in a slot.
func slotOf(s *Spool, n uint32) slots.Segment {
	for _, g := range s.table.Segments() {
		if g.Slot == n {
			return g
		}
	}
	return slots.Segment{}
}

// hot returns where the hot log ends, and cold where the cold one does.
func hot(s *Spool) commit.Position  { return s.log.End(format.ClassLog) }
func cold(s *Spool) commit.Position { return s.log.End(format.ClassCold) }

// sealHot ends the active segment.
func sealHot(s *Spool) error { return s.log.Probe().Seal(format.ClassLog) }

// readMove reads the record at a location, to be moved.
func readMove(s *Spool, at index.Location) (*commit.Move, error) {
	file, segment, err := s.table.Pin(at.Slot)
	if err != nil {
		return nil, err
	}
	defer s.table.Unpin(at.Slot)
	return commit.ReadMove(s.format, file, segment, at)
}

// pinned pins a slot, as a reader does.
func pinned(s *Spool, n uint32) error {
	_, _, err := s.table.Pin(n)
	return err
}

// victim returns the segment that would be emptied; ok is false if there is none.
func victim(s *Spool) (g slots.Segment, ok bool) {
	v, ok, err := s.table.Cleaning().TakeVictim(s.index.YoungBytes())
	if err != nil || !ok {
		return g, false
	}
	s.table.Unpin(v.Slot)
	return slotOf(s, v.Slot), true
}

// recount compares the live counters with the index (they are kept, not counted).
func (s *Spool) recount() error {
	_, frozen := s.log.Freeze() // between the index and the counters of a batch they differ
	if frozen {
		defer s.log.Thaw()
	}
	var err error
	live, bytes := make(map[uint32]int), make(map[uint32]int64)
	s.index.Read(func(d *index.Data) { err = recountIndex(d, live, bytes) })
	if err != nil {
		return err
	}
	total := int64(0)
	for _, g := range s.table.Segments() {
		if !g.Counts() {
			continue
		}
		if g.Live != live[g.Slot] || g.Bytes != bytes[g.Slot] {
			err = errors.Join(err, fmt.Errorf("slot %d counts %d records of %d bytes, has %d of %d", g.Slot, g.Live, g.Bytes, live[g.Slot], bytes[g.Slot]))
		}
		total += g.Bytes
	}
	if total != s.table.Live() {
		err = errors.Join(err, fmt.Errorf("the spool counts %d live bytes, has %d", s.table.Live(), total))
	}
	return err
}

// recountIndex counts the live records and bytes of each slot, and compares the counters of
// mailboxes.
func recountIndex(d *index.Data, live map[uint32]int, bytes map[uint32]int64) error {
	seen := make(map[index.Location]bool)
	for _, box := range d.Mailboxes {
		n, octets := 0, int64(0)
		for i := range box.Entries.N {
			r := box.Entries.At(i)
			if box.Dead.Has(i) {
				continue
			}
			n++
			octets += int64(r.Octets)
			if seen[r.Location()] {
				continue
			}
			seen[r.Location()] = true
			live[uint32(r.Slot)]++
			rec := d.Records[r.Location()]
			if rec == nil {
				bytes[uint32(r.Slot)] += index.Weigh(r.Octets)
				continue
			}
			bytes[uint32(r.Slot)] += rec.Weight
			for _, e := range rec.Extents {
				live[e.Slot]++
				bytes[e.Slot] += e.Bytes()
			}
		}
		if n != box.Live || octets != box.Octets {
			return fmt.Errorf("mailbox %d counts %d messages of %d octets, has %d of %d", box.Key, box.Live, box.Octets, n, octets)
		}
	}
	return nil
}
