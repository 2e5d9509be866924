package commit

import (
	"pillarbox/spool/format"
	"pillarbox/spool/index"
)

// A carry repeats tombstones out of segments that are to be retired, because the segments that they
// point to are still there.
type carry struct {
	list      []format.TombstoneSet
	inherited int // how many of carrying.inherited they repeat
	partly        // the segment that is not finished
}

func (f *carry) weight() int64 {
	n := int64(0)
	for _, g := range f.list {
		n += g.Weight()
	}
	return n
}

func (f *carry) plan(*planner) (payload, bool) {
	return payload{kind: format.KindTombstones, encode: func() []byte { return format.EncodeTombstones(f.list) }}, len(f.list) > 0
}

// apply notes how far the segment is done only now, when it is durable: a batch that was refused is
// planned again from where the last good one ended.
func (f *carry) apply(a *applier, _ int64) {
	a.carrying.inherited = a.carrying.inherited[f.inherited:]
	for _, g := range f.list {
		a.foot.Tombstones(g)
		a.Need(a.segment, g.Segment)
	}
	if f.segment != 0 {
		done := a.carrying.done[f.segment]
		done.tombstones = f.done
		a.carrying.done[f.segment] = done
	}
	a.records++
}

// A relabel repeats labels out of segments that are to be retired, because the messages that have
// them live.
type relabel struct {
	Labelling
	partly // the segment that is not finished
}

func (f *relabel) apply(a *applier, offset int64) {
	f.Labelling.apply(a, offset)
	if f.segment != 0 {
		done := a.carrying.done[f.segment]
		done.labels = f.done
		a.carrying.done[f.segment] = done
	}
	a.records++
}

// A partly is how far a batch gets with a segment that it does not retire yet.
type partly struct {
	segment uint64 // 0 when every segment was finished
	done    int    // messages named by the records that were repeated
}

// A window chooses those messages in the records of a segment that a batch repeats: it skips what
// earlier batches have repeated, and ends where there is no room for more.
type window struct {
	skip int
	room int64
	seen int // messages that need not be looked at again
	full bool
}

// choose returns which of the messages of a record are repeated. overhead is what the record takes
// beside them.
func (w *window) choose(seqs []uint32, overhead int64, needed func(seq uint32) bool) []uint32 {
	var chosen []uint32
	// seen counts what need not be looked at again: what was skipped, was not needed, or is
	// repeated. It stops at the first one without room, so that the next batch begins there.
	for _, seq := range seqs {
		if w.full {
			break
		}
		if w.seen < w.skip || !needed(seq) {
			w.seen++
			continue
		}
		cost := int64(format.SeqSize)
		if len(chosen) == 0 {
			cost += overhead
		}
		if w.room < cost {
			w.full = true
			break
		}
		w.room -= cost
		w.seen++
		chosen = append(chosen, seq)
	}
	return chosen
}

// A tombstoneKeeper keeps the tombstones that point to certain segments.
type tombstoneKeeper struct {
	format.Discard
	alive  map[uint64]bool
	window *window
	list   []format.TombstoneSet
}

func (k *tombstoneKeeper) Tombstones(g format.TombstoneSet) {
	needed := k.alive[g.Segment]
	g.Seqs = k.window.choose(g.Seqs, format.TombstoneSetSize, func(uint32) bool { return needed })
	if len(g.Seqs) > 0 {
		k.list = append(k.list, g)
	}
}

// A labelKeeper keeps the labels of messages that live.
type labelKeeper struct {
	format.Discard
	index  *index.Index
	window *window
	list   []format.LabelSet
}

func (k *labelKeeper) Labels(l format.LabelSet) {
	k.index.Read(func(d *index.Data) {
		known := d.Known(l.Epoch, l.Tag)
		l.Seqs = k.window.choose(l.Seqs, format.LabelSetSize+int64(len(l.Label)), func(seq uint32) bool {
			return known && d.Lives(l.Key, format.Identity{Epoch: l.Epoch, Seq: seq})
		})
	})
	if len(l.Seqs) > 0 {
		k.list = append(k.list, l)
	}
}

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
