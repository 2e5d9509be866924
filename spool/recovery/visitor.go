package recovery

import (
	"errors"
	"fmt"
	"slices"

	"pillarbox/spool/flash"
	"pillarbox/spool/format"
	"pillarbox/spool/slots"
)

// The methods of this file make a loader a format.Visitor: they take what a segment says in the
// first pass.

// Message counts the entries of a message record.
func (l *loader) Message(m format.Summary) {
	// Two tags of one epoch are of two copies of the spool that went on apart. Their messages could
	// have the same identities, so only those of the newer segment count, which is read first.
	if tag, known := l.data.Tags[m.First.Epoch]; known && tag != m.Tag {
		l.start.Damaged++
		return
	}
	l.data.Tags[m.First.Epoch] = m.Tag
	l.start.Epoch = max(l.start.Epoch, m.First.Epoch)
	if l.foot != nil {
		l.foot.Message(m)
	}
	for i, r := range m.Recipients {
		// Key 0 is a recipient that had expunged the message before it was moved.
		if r.Key != 0 {
			l.tallies.of(r.Key).add(&m, i)
		}
	}
}

// Tombstones keeps what was expunged.
func (l *loader) Tombstones(g format.TombstoneSet) {
	if l.foot != nil {
		l.foot.Tombstones(g)
	}
	l.tombstones = append(l.tombstones, homed{g, l.current.Header.Segment})
}

// Labels keeps labels.
func (l *loader) Labels(g format.LabelSet) {
	if l.foot != nil {
		l.foot.Labels(g)
	}
	l.labels = append(l.labels, homedLabels{g, l.current.Header.Segment})
}

// Remotes keeps remote ids until it is known which messages live.
func (l *loader) Remotes(g format.RemoteSet) {
	if l.foot != nil {
		l.foot.Remotes(g)
	}
	l.remote = true
	l.remotes = append(l.remotes, homedRemotes{g, l.current.Header.Segment})
}

// Retired notes that a segment is retired. It may be loaded already: the record can be in an older
// segment, of the other class.
func (l *loader) Retired(r format.SegmentRef) {
	if l.foot != nil {
		l.foot.Retired(r)
	}
	// The newest record that says so is read first, and is the one that lasts: older ones are in
	// segments that are retired earlier.
	if _, known := l.retired[r]; known {
		return
	}
	l.retired[r] = l.current.Header.Segment
	if g := l.segments.slot(r.Slot); g != nil && g.Header.Segment == r.Segment {
		g.Segment.Retired = true
	}
}

// Manifest keeps the newest manifest.
func (l *loader) Manifest(c format.Manifest) {
	if l.foot != nil {
		l.foot.Manifest(c)
	}
	// Segments are read from the newest to the oldest, but a damaged one may have lost its
	// manifest.
	if c.UpTo >= l.manifest.UpTo {
		l.manifest = format.Manifest{UpTo: c.UpTo, Segments: slices.Clone(c.Segments)}
	}
}

// visit calls v with the messages of a segment that the first pass has read.
func (l *loader) visit(g *segment, v format.Visitor) error {
	// What a scan has read is in memory, as the footer that the segment would have: the second pass
	// reads no segment record by record again.
	if g.foot != nil {
		_, err := format.DecodeFooter(g.foot.Encode(), v)
		return err
	}
	file, err := l.table.PinSegment(g.Slot, g.Header.Segment)
	if err != nil {
		return err
	}
	defer l.table.Unpin(g.Slot)
	return l.visitFooter(g, file, v)
}

// visitFooter calls v with the messages of a footer, which the first pass could read. The other
// contents are what the first pass has taken from it.
func (l *loader) visitFooter(g *segment, file flash.File, v format.Visitor) error {
	err := l.footers.Messages(file, g.Header.Segment, v)
	if errors.Is(err, format.ErrUnreadable) { // now it cannot
		l.start.Damaged++
		err = slots.NewScan(file, &g.Segment, l.format, g.End, v, nil).Run()
	}
	if err != nil {
		return fmt.Errorf("read slot %d again: %w", g.Slot, err)
	}
	return nil
}
