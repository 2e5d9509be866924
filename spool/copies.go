package spool

import (
	"cmp"
	"slices"
)

// order sorts a mailbox and drops what lies in retired segments, and second copies, of which it remembers the segment. The
// copy that was moved last counts: it is in a cold segment, for the bytes of the one before may be written over.
func (l *loader) order(box *mailbox) {
	class := func(r row) class { return l.slots[r.slot].header.class } // classCold is the greatest
	arrange(box.rows, func(a, b row) int {
		if order := a.identity.compare(b.identity); order != 0 {
			return order
		}
		return cmp.Or(cmp.Compare(class(b), class(a)), cmp.Compare(l.segmentOf(b), l.segmentOf(a)), cmp.Compare(b.offset, a.offset))
	})
	rows := box.rows[:0]
	for i := 0; i < len(box.rows); {
		first := i
		for i++; i < len(box.rows) && box.rows[i].identity == box.rows[first].identity; i++ {
		}
		if r, ok := l.choose(box, box.rows[first:i]); ok {
			rows = append(rows, r)
		}
	}
	box.rows = slices.Clip(rows)
	box.imported.order(box.lives)
}

func (l *loader) segmentOf(r row) uint64 { return l.slots[r.slot].header.segment }

// choose returns the copy of a message that counts; ok is false when all are retired. When there are several it is the first one
// that verifies: in a copy of the folder a later one may be there in part only.
func (l *loader) choose(box *mailbox, all []row) (chosen row, ok bool) {
	counting := 0
	for _, r := range all {
		if !l.slots[r.slot].retired {
			counting++
		}
	}
	at := slices.IndexFunc(all, func(r row) bool {
		return !l.slots[r.slot].retired && (counting == 1 || l.verifies(box.key, r))
	})
	if at < 0 {
		at = slices.IndexFunc(all, func(r row) bool { return !l.slots[r.slot].retired })
	}
	for i, r := range all {
		if i == at {
			continue
		}
		box.live--
		box.octets -= int64(r.octets)
		l.release(r)
		if !l.slots[r.slot].retired {
			l.copies[r.identity] = append(l.copies[r.identity], l.segmentOf(r))
		}
	}
	if at < 0 {
		return row{}, false
	}
	return all[at], true
}

// verifies reads a message.
func (l *loader) verifies(key Key, r row) bool {
	sl := l.slots[r.slot]
	file, err := l.pin(sl)
	if err != nil {
		return false
	}
	m := &Message{spool: l.Spool, slots: []*slot{sl}, via: pastCache}
	defer m.Close()
	return m.locate(pastCache(file), r, sl.header.segment, l.tags[r.epoch], key, false) == nil
}

// claimExtents makes the bulk slots know that a record names them. A record whose extents are written over is damaged: it
// was never acknowledged, or the device lost a later record.
func (l *loader) claimExtents(at place, rec *record) {
	if len(rec.extents) == 0 {
		return
	}
	for _, e := range rec.extents {
		sl := l.slotOf(e.slot)
		if sl == nil || sl.header.class != classBulk || sl.header.segment != e.segment || int64(e.page)+int64(e.pages()) > int64(l.format.pages()) {
			l.damaged++
			l.drop(at)
			return
		}
	}
	l.claim(rec)
}

// drop forgets every row at a place.
func (l *loader) drop(at place) {
	for _, box := range l.mailboxes {
		for i, r := range box.rows {
			if r.place() == at && !box.dead.has(i) {
				l.forget(box, i)
			}
		}
	}
}
