package recovery

import (
	"slices"

	"pillarbox/spool/format"
	"pillarbox/spool/index"
	"pillarbox/spool/slots"
)

// A segment is what a start knows of one. The part that slots.Segment has goes to the table when
// the start is done; the rest is needed until then. Retired may become true late, when a record in
// an older segment is read; so it is looked at again before each use.
type segment struct {
	slots.Segment
	guessed   bool           // the header was not readable
	inherited bool           // what it says was taken although it is retired
	foot      *format.Footer // what a scan has found, if there is no footer that reads
}

// ref names a segment.
func (g *segment) ref() format.SegmentRef {
	return format.SegmentRef{Slot: g.Slot, Segment: g.Header.Segment}
}

// found is the segments of a spool by slot; nil where there is no file.
type found []*segment

// add adds a segment.
func (f *found) add(g *segment) {
	for int64(g.Slot) >= int64(len(*f)) {
		*f = append(*f, nil)
	}
	(*f)[g.Slot] = g
}

// values returns the segments as a table keeps them.
func (f found) values() []slots.Segment {
	list := make([]slots.Segment, 0, len(f))
	for _, g := range f {
		if g != nil {
			list = append(list, g.Segment)
		}
	}
	return list
}

// slot returns the segment in a slot, or nil. A record may name any number.
func (f found) slot(n uint32) *segment {
	if int64(n) >= int64(len(f)) {
		return nil
	}
	return f[n]
}

// of returns the number of the segment that an entry lies in. The entry was made out of that
// segment, so that there is one.
func (f found) of(r index.Entry) uint64 { return f[r.Slot].Header.Segment }

// has reports whether a slot has an extent. Whether its bytes verify is found out when it is read:
// a start that read all large mail would take minutes.
//
// pages is how many a slot has.
func (f found) has(e format.Extent, pages uint32) bool {
	g := f.slot(e.Slot)
	return g != nil && g.Header.Class == format.ClassBulk && g.Header.Segment == e.Segment &&
		int64(e.Page)+int64(e.Pages()) <= int64(pages)
}

// count moves the counters of segments as the index has changed.
func (f found) count(moves index.Counts) {
	for _, c := range moves {
		g := f[c.Slot]
		g.Live += c.Live
		g.Bytes += c.Bytes
		g.Stored += c.Stored
	}
}

// Expunged is what all tombstone sets of a spool name, gathered by a start before it makes the
// entries: 4 B a message.
type expunged map[opened][]uint32

// An opened is the mail of one mailbox that came in one open.
type opened struct {
	key   format.Key
	epoch uint32
}

// add takes what a tombstone set names; order follows when all are added.
func (e expunged) add(g format.TombstoneSet) {
	// The first set of a key is taken as it is, without a copy: mostly it is the only one. Clip
	// keeps a later append from writing into what the set still has.
	at := opened{g.Key, g.Epoch}
	if seqs := e[at]; len(seqs) > 0 {
		e[at] = append(seqs, g.Seqs...)
		return
	}
	e[at] = slices.Clip(g.Seqs)
}

// order sorts what was added and drops duplicates: a tombstone is in as many sets as there are
// segments that held the message. Until it is called has finds nothing reliably.
func (e expunged) order() {
	for at, seqs := range e {
		if !slices.IsSorted(seqs) {
			slices.Sort(seqs)
			e[at] = slices.Compact(seqs)
		}
	}
}

// has reports whether a message was expunged, from whatever segment. Which one the tombstone names
// does not matter here: all that count are read, and a message is expunged once and for all of
// them.
func (e expunged) has(key format.Key, id format.Identity) bool {
	return len(e) > 0 && contains(e[opened{key, id.Epoch}], id.Seq)
}

// contains reports whether one of the ascending numbers is seq.
func contains(seqs []uint32, seq uint32) bool {
	_, found := slices.BinarySearch(seqs, seq)
	return found
}
