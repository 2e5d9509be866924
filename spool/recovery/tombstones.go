package recovery

import (
	"slices"

	"pillarbox/spool/format"
	"pillarbox/spool/slots"
)

// inherit takes what retired segments say that is true permanently: what was expunged, and what was
// retired. It is said again by segments that count, but not all of these are there when the folder
// was copied while it was in use, because its slots are of different moments then; or when the
// device lost some. What is found is written again with the next batch.
func (l *loader) inherit() {
	// What a retired segment retires may be a segment that had counted until now, which is read for
	// the same reason then. There is an end to it, because each is read once.
	for found := true; found; {
		found = false
		for _, g := range l.segments {
			if g == nil || !g.Retired || !g.Header.Class.IsLog() || g.inherited {
				continue
			}
			g.inherited = true
			h := &inheritance{loader: l}
			// A retired slot may be written over in part, or not read at all. That is no damage:
			// what it said is said again elsewhere, unless that was lost, too.
			if err := l.visitUnread(g, h); err != nil {
				continue // what it said is lost
			}
			l.start.Inherited = append(l.start.Inherited, h.tombstones...)
			found = found || h.found
		}
	}
}

// visitUnread calls v with what a segment holds that the first pass has not read.
func (l *loader) visitUnread(g *segment, v format.Visitor) error {
	file, err := l.table.PinSegment(g.Slot, g.Header.Segment)
	if err != nil {
		return err
	}
	defer l.table.Unpin(g.Slot)
	return slots.VisitFile(file, &g.Segment, l.format, v)
}

// An inheritance is the tombstones of a retired segment, and what it retires. Both stay true
// whatever happens later. Mail and labels of a retired segment are not taken: they were moved or
// expunged since, and would come back.
type inheritance struct {
	format.Discard
	loader     *loader
	tombstones []format.TombstoneSet
	found      bool // a segment that had counted
}

func (h *inheritance) Tombstones(g format.TombstoneSet) { h.tombstones = append(h.tombstones, g) }

func (h *inheritance) Retired(r format.SegmentRef) {
	if _, known := h.loader.retired[r]; known {
		return
	}
	// The record is in a segment that does not count, so that none retires r until the next batch
	// does: home 0.
	if g := h.loader.segments.slot(r.Slot); g != nil && g.Header.Segment == r.Segment && !g.Segment.Retired {
		g.Segment.Retired = true
		g.Stale = append(g.Stale, slots.StaleHeader{Segment: r.Segment})
		h.found = true
	}
}

// applyInherited applies the tombstones that were found, and keeps those of messages that would
// live. A tombstone names every segment that held the message, in several sets, and each is needed:
// the message may be in any of them.
func (l *loader) applyInherited() {
	// Which messages would live is asked before any set is applied: each set of a tombstone is
	// kept, not only the first one, which expunges the message.
	lived := make(map[format.Identity]bool)
	for _, g := range l.start.Inherited {
		for _, m := range l.data.Living(nil, format.LabelSet{Key: g.Key, Epoch: g.Epoch, Tag: g.Tag, Seqs: g.Seqs}) {
			lived[m.Identity] = true
		}
	}
	l.start.Inherited = slices.DeleteFunc(l.start.Inherited, func(g format.TombstoneSet) bool {
		l.data.Apply(g, 0)
		if box := l.data.Mailboxes[g.Key]; box != nil && box.Hides {
			return false // it may name hidden messages
		}
		return !slices.ContainsFunc(g.Seqs, func(seq uint32) bool { return lived[format.Identity{Epoch: g.Epoch, Seq: seq}] })
	})
}
