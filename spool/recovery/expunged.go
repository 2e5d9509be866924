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
	at := opened{g.Key, g.Epoch}
	if seqs := e[at]; len(seqs) > 0 {
		e[at] = append(seqs, g.Seqs...)
		return
	}
	e[at] = slices.Clip(g.Seqs)
}

func (e expunged) order() {
	for at, seqs := range e {
		if !slices.IsSorted(seqs) {
			slices.Sort(seqs)
			e[at] = slices.Compact(seqs)
		}
	}
}

func (e expunged) has(key format.Key, id format.Identity) bool {
	if len(e) == 0 {
		return false
	}
	_, found := slices.BinarySearch(e[opened{key, id.Epoch}], id.Seq)
	return found
}
