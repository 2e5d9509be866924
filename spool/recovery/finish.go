package recovery

import (
	"context"
	"slices"
	"time"

	"pillarbox/spool/format"
	"pillarbox/spool/index"
	"pillarbox/spool/slots"
)

// finish makes the entries, and brings together what was read.
func (l *loader) finish(ctx context.Context) error {
	// What did not verify may have been tombstones, or what retires a segment. Retired segments say
	// the same until they are written over.
	// This comes before the entries are made, because it may retire segments that would be read.
	if l.start.Damaged > 0 || l.stale {
		l.inherit()
	}
	l.leaveRetired()
	if err := l.fill(ctx); err != nil {
		return err
	}
	l.applyInherited()
	l.labelAll()
	// A retired segment needs no other one, and what it says needs not be carried out of it.
	for _, g := range l.segments {
		if g != nil && g.Retired {
			delete(l.data.Needed, g.Header.Segment)
			delete(l.data.LabelHomes, g.Header.Segment)
			delete(l.data.RemoteHomes, g.Header.Segment)
		}
	}
	// Only now, when second copies are dropped: the record of a message that was moved may name
	// other extents than the one before, whose extents may be written over by now.
	for at, rec := range l.data.Records {
		l.claimExtents(at, rec)
	}
	// The counters are complete before segments are kept for their labels, which adds to them.
	l.count()
	l.keepLabels()
	l.rememberAll()
	// Until a slot has a durable new header a power cut may bring the old one back, so the record
	// that retires it is carried on.
	for r, home := range l.retired {
		if g := l.segments.slot(r.Slot); g != nil {
			g.Stale = append(g.Stale, slots.StaleHeader{Segment: r.Segment, Home: home})
		}
	}
	// A copy of the folder may have begun before the restart, and rely on what was moved. Bulk
	// segments are not written on: deliveries that had extents there have ended with the process.
	for _, g := range l.segments {
		if g != nil && l.data.Copies[g.Header.Segment] != nil {
			g.Moved = time.Now()
		}
		if g != nil && g.Header.Class == format.ClassBulk {
			g.Sealed = true
			g.Retired = g.Live == 0
		}
	}
	return nil
}

// labelAll takes all labels into the index, sorted once for each mailbox: one by one they would
// come in no order.
func (l *loader) labelAll() {
	// A label of a message is in as many records as it was carried out of segments. All of them are
	// taken, and the earlier day counts, so that their order does not matter.
	type sheet struct {
		key   format.Key
		label string
	}
	sizes := make(map[sheet]int)
	for _, g := range l.labels {
		sizes[sheet{g.Key, g.Label}] += len(g.Seqs)
	}
	all := make(map[sheet]index.Labelled)
	for _, g := range l.labels {
		on := sheet{g.Key, g.Label}
		if all[on] == nil {
			all[on] = make(index.Labelled, 0, sizes[on])
		}
		before := len(all[on])
		if all[on] = l.data.Living(all[on], g.LabelSet); len(all[on]) > before {
			// The segment is read when it is to be retired, for its labels, only if it has some.
			l.data.LabelHomes[g.home] = struct{}{}
		}
	}
	// Memory of exactly its size: these lists live as long as the spool is open.
	for on, m := range all {
		if m = m.InOrder(); len(m) < cap(m) {
			m = slices.Clone(m)
		}
		if len(m) > 0 {
			l.data.Mailboxes[on.key].Label(on.label, m)
		}
	}
}

// keepLabels keeps the segments with labels of hidden messages from being retired: which of the
// labels are needed is not known.
func (l *loader) keepLabels() {
	if l.data.Hidden == 0 {
		return
	}
	for _, g := range l.labels {
		l.data.LabelHomes[g.home] = struct{}{}
	}
	for _, g := range l.segments {
		if g == nil || !g.Counts() {
			continue
		}
		if _, some := l.data.LabelHomes[g.Header.Segment]; some {
			g.Live++
			// The label would still be there if all mail were moved, and the segment would be
			// moved again and again.
			g.Stuck = true
		}
	}
}

// rememberAll takes the remote ids into the index that count: those that are settled, and those
// whose messages verify or were expunged. An id without its message would hide a message that was
// lost.
func (l *loader) rememberAll() {
	// Labels and entries are complete by now, and so are the tombstones, those of retired segments
	// included: what is neither alive nor expunged then is lost.
	inherited := make(expunged)
	for _, g := range l.start.Inherited {
		inherited.add(g)
	}
	inherited.order()
	counts := make(map[uint64]bool)
	for _, g := range l.logs {
		counts[g.Header.Segment] = !g.Retired
	}
	for _, g := range l.remotes {
		// What a retired segment says was carried out of it, as settled, if it still counts.
		if !counts[g.home] {
			continue
		}
		if !g.Settled {
			g.IDs = slices.DeleteFunc(g.IDs, func(id format.RemoteID) bool {
				return !accounted(l, g.RemoteSet, id.Seq, inherited)
			})
		}
		if len(g.IDs) > 0 {
			l.data.Remember(g.RemoteSet, g.home)
		}
	}
	l.remotes = nil
}

// accounted reports whether the message of an id verifies, as far as a start reads it, or was
// expunged.
func accounted(l *loader, g format.RemoteSet, seq uint32, inherited expunged) bool {
	id := format.Identity{Epoch: g.Epoch, Seq: seq}
	if !l.data.Known(g.Epoch, g.Tag) {
		return false
	}
	if l.expunged.has(g.Key, id) || inherited.has(g.Key, id) || l.data.Lives(g.Key, id) {
		return true
	}
	// A hidden message was not read again, but its record was, or it would not be counted in the
	// tally.
	t := l.tallies[g.Key]
	return t != nil && id.Compare(t.last) > 0 // it is hidden
}
