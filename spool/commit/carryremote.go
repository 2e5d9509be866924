package commit

import (
	"pillarbox/spool/format"
	"pillarbox/spool/index"
)

// A recarry repeats remote ids out of segments that are to be retired. They are settled then: their
// messages verified, or were expunged. Ids that were forgotten are left out.
type recarry struct {
	RemoteNote
	partly // the segment that is not finished
}

func (f *recarry) apply(a *applier, offset int64) {
	f.RemoteNote.apply(a, offset)
	if f.segment != 0 {
		done := a.carrying.done[f.segment]
		done.remotes = f.done
		a.carrying.done[f.segment] = done
	}
	a.records++
}

// A remoteKeeper keeps the ids that the spool has.
type remoteKeeper struct {
	format.Discard
	index  *index.Index
	window *window
	list   []format.RemoteSet
}

func (k *remoteKeeper) Remotes(g format.RemoteSet) {
	w := k.window
	var chosen []format.RemoteID
	for _, id := range g.IDs {
		if w.full {
			break
		}
		if w.seen < w.skip || !k.index.HasRemote(g.Account, id.ID) {
			w.seen++
			continue
		}
		cost := int64(format.RemoteIDSize)
		if len(chosen) == 0 {
			cost += format.RemoteSetSize
		}
		if w.room < cost {
			w.full = true
			break
		}
		w.room -= cost
		w.seen++
		chosen = append(chosen, id)
	}
	// Settled: whether the message was there is known by now, and may not be later, when its
	// segment and the tombstone are gone.
	if len(chosen) > 0 {
		g.IDs, g.Settled = chosen, true
		k.list = append(k.list, g)
	}
}
