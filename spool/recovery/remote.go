package recovery

import (
	"slices"

	"pillarbox/spool/format"
)

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
