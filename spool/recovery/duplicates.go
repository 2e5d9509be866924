package recovery

import (
	"cmp"
	"slices"

	"pillarbox/spool/format"
	"pillarbox/spool/index"
	"pillarbox/spool/reader"
)

// order sorts a mailbox, if it must, and drops second copies, of which it keeps the segment. The
// copy that was moved last counts: it is in a cold segment, because the bytes of the one before may
// be written over.
//
// Where a dropped copy lies must be known: a delete has to name its segment, too, or the message
// would be back after a start that finds only this one.
func (l *loader) order(box *index.Mailbox) {
	if box.Entries.Sorted() {
		return
	}
	// ClassCold is the greatest.
	class := func(r index.Entry) format.Class { return l.segments[r.Slot].Header.Class }
	u := box.Entries.Sort(func(a, b index.Entry) bool {
		if order := a.Identity.Compare(b.Identity); order != 0 {
			return order < 0
		}
		return cmp.Or(cmp.Compare(class(b), class(a)), cmp.Compare(l.segments.of(b), l.segments.of(a)), cmp.Compare(b.Offset, a.Offset)) < 0
	})
	// In place: at most as many entries are kept as were read by then.
	kept := 0
	var all []index.Entry // the copies of one message
	for i := 0; i < u.N; {
		all = append(all[:0], u.At(i))
		for i++; i < u.N && u.At(i).Identity == all[0].Identity; i++ {
			all = append(all, u.At(i))
		}
		u.Set(kept, l.choose(box, all))
		kept++
	}
	u.Pack(kept)
}

// choose returns the copy of a message that counts. When there are several it is the first one that
// verifies: in a copy of the folder a later one may be there in part only.
func (l *loader) choose(box *index.Mailbox, all []index.Entry) index.Entry {
	if len(all) == 1 {
		return all[0]
	}
	// If none verifies, the first one stays listed: a client gets an error for a damaged message
	// then, and does not take it for deleted.
	at := max(0, slices.IndexFunc(all, func(r index.Entry) bool { return l.verifies(box.Key, r) }))
	for i, r := range all {
		if i == at {
			continue
		}
		box.Live--
		box.Octets -= int64(r.Octets)
		l.data.Release(r)
		l.data.Copies.Add(r.Identity, l.segments.of(r))
	}
	return all[at]
}

// verifies reads a message, past the page cache.
func (l *loader) verifies(key format.Key, r index.Entry) bool {
	_, err := l.window.Verify(reader.Location{Entry: r, Mailbox: key, Tag: l.data.Tags[r.Epoch], Segment: l.segments.of(r)})
	return err == nil
}

// prefer decides between the copy of a message that the index has and another one, which it reports
// true for: the one that the index has, unless only the other one verifies.
func (l *loader) prefer(box *index.Mailbox, i int, other index.Entry) bool {
	// Reading both costs time, but only for what was moved and not yet retired when the power was
	// cut.
	has := box.Entries.At(i)
	if l.verifies(box.Key, has) || !l.verifies(box.Key, other) {
		l.data.Copies.Add(other.Identity, l.segments.of(other))
		return false
	}
	l.data.Copies.Add(has.Identity, l.segments.of(has))
	l.data.Release(has)
	box.Octets += int64(other.Octets) - int64(has.Octets)
	box.Entries.Replace(i, other)
	return true
}

// claimExtents counts a record in the bulk slots of its extents. A record whose extents are written
// over is damaged: it was never acknowledged, or the device lost a later record.
func (l *loader) claimExtents(at index.Location, rec *index.Record) {
	if len(rec.Extents) == 0 {
		return
	}
	for _, e := range rec.Extents {
		if !l.segments.has(e, l.format.Pages()) {
			// One missing extent is enough: a part of a message is never served.
			l.start.Damaged++
			l.drop(at)
			return
		}
	}
	l.data.Claim(rec)
}

// drop expunges every entry at a location.
func (l *loader) drop(at index.Location) {
	for _, box := range l.data.Mailboxes {
		for i := range box.Entries.N {
			if box.Entries.At(i).Location() == at && !box.Dead.Has(i) {
				l.data.Expunge(box, i)
			}
		}
	}
}
