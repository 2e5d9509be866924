package recovery

import (
	"slices"

	"pillarbox/spool/format"
)

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
	if len(e) == 0 {
		return false
	}
	_, found := slices.BinarySearch(e[opened{key, id.Epoch}], id.Seq)
	return found
}
