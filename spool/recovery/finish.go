package recovery

import (
	"context"
	"time"

	"pillarbox/spool/format"
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
