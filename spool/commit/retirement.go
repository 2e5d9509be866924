package commit

import (
	"slices"

	"pillarbox/spool/format"
	"pillarbox/spool/index"
)

// Retirement records, and what has to be carried out of the segments that they retire, are written
// in the next batch of the hot log, whatever that is for. They take at most retirementBudget bytes
// of it, and as many again in the footer; what is left goes to the batches that follow.
//
// What a segment says must be true on the device for as long as something may rely on it. A segment
// holds four kinds of statements beside mail, and each has its own end:
//
//   - A tombstone is needed while the segment that it points to counts, because that would show the
//     message again.
//   - A label is needed while its message lives, wherever that is.
//   - A remote id is needed until the caller forgets it.
//   - The record that retires a segment is needed until the slot of that one has a durable new
//     header, because a power cut may bring back the old one.
//
// What is still needed is written again in the batch that retires the segment, before the record
// that does; as a batch counts whole or not at all, there is no moment at which neither says it.

// A retirement retires segments: those in which no message lives, and those that never counted.
type retirement struct{ list []format.SegmentRef }

// retiredSize bounds the bytes of a retired segment in a record.
const retiredSize = 14

func (f *retirement) weight() int64 { return retiredSize * int64(len(f.list)) }

func (f *retirement) plan(*planner) (payload, bool) {
	list := f.list
	return payload{kind: format.KindRetire, encode: func() []byte { return format.EncodeRetired(list) }}, len(list) > 0
}

func (f *retirement) apply(a *applier, _ int64) {
	for _, r := range f.list {
		a.foot.Retired(r)
		a.Retire(r.Segment)
		delete(a.carrying.done, r.Segment)
	}
	a.retired = append(a.retired, f.list...)
	a.records++
}

// maxRetirements is how many segments a batch retires, so that reading their tombstones does not
// hold up the mail in it.
const maxRetirements = 4

// retirementBudget is how many bytes of the log the retirements in a batch may take. With the other
// changes, which are half a slot at most, and the same in the footer a batch fits any slot.
func retirementBudget(f *format.Format) int64 { return min(MaxBatch, f.SlotSize/8) }

// A retiring gathers what a batch retires.
type retiring struct {
	*parts
	carrying   *carrying
	room       int64
	segments   int // that are retired
	tombstones carry
	labels     relabel
	remotes    recarry
	retire     retirement
}

// inherit takes tombstones that a start found in retired segments, as many as there is room for,
// but at least one.
func (r *retiring) inherit() {
	// At least one, or a set that is larger than the budget would never be written.
	list, n := r.carrying.inherited, 0
	for n < len(list) && (n == 0 || r.room >= list[n].Weight()) {
		r.room -= list[n].Weight()
		n++
	}
	r.tombstones.list, r.tombstones.inherited = slices.Clip(list[:n]), n
}

// again adds the segments that a record in the segment home retires, which is to be retired itself;
// of home 0 those that no record retires yet. It returns false if there is no room for all of them.
func (r *retiring) again(home uint64) bool {
	for _, stale := range r.cleaned.RetiredBy(home) {
		if r.room < retiredSize {
			return false
		}
		r.room -= retiredSize
		r.retire.list = append(r.retire.list, stale)
	}
	return true
}

// add adds a dead segment, or as much of what is to be carried out of it as there is room for; then
// it returns false, and the batches that follow go on there. A segment that cannot be read now is
// retired another time.
func (r *retiring) add(dead format.SegmentRef) bool {
	// done counts messages in the order of the records, which do not change in a sealed segment.
	// What was not needed then cannot have become needed: targets only retire, and messages only
	// die.
	done := r.carrying.done[dead.Segment]
	w := window{skip: done.tombstones, room: r.room}
	tombstones, err := r.neededTombstones(dead, &w)
	if err != nil {
		return true
	}
	// The labels get what room the tombstones leave, and the remote ids what room those leave. If
	// one of them does not come to its end, the segment is not retired by this batch, and all go on
	// where they were.
	part, all := partly{dead.Segment, w.seen}, !w.full
	w = window{skip: done.labels, room: w.room}
	labels, err := r.neededLabels(dead, &w)
	if err != nil {
		return true
	}
	labelled := partly{dead.Segment, w.seen}
	all = all && !w.full
	w = window{skip: done.remotes, room: w.room}
	remotes, err := r.neededRemotes(dead, &w)
	if err != nil {
		return true
	}
	r.tombstones.list = append(r.tombstones.list, tombstones...)
	r.labels.Wanted = append(r.labels.Wanted, labels...)
	r.remotes.Noted = append(r.remotes.Noted, remotes...)
	r.room = w.room
	if !all || w.full || !r.again(dead.Segment) || r.room < retiredSize {
		r.tombstones.partly, r.labels.partly = part, labelled
		r.remotes.partly = partly{dead.Segment, w.seen}
		return false
	}
	r.room -= retiredSize
	r.retire.list = append(r.retire.list, dead)
	r.segments++
	return true
}

// retirements returns the changes that retire what is dead, the oldest first, and carry out of it
// what is still needed, in about budget bytes. There are none for the cold head.
func (l leader) retirements(h *head, budget int64) []Change {
	if h != &l.own.hot || budget <= 0 {
		return nil
	}
	// Every slot is taken. What a copy of the folder still needs is given up before a delete is
	// refused.
	if l.cleaned.Exhausted() {
		// Deletes need the rest of the segment to retire something, whatever copy is being made.
		l.cleaned.Hurry(false)
	}
	// Bulk slots have no record: what names them is in the log, so they are free as soon as that
	// is.
	l.cleaned.Ripen()
	r := &retiring{parts: l.parts, carrying: &l.own.carrying, room: budget}
	// Labelling leaves out what has the label already, which those that are repeated do.
	r.labels.repeat = true
	r.inherit()
	// First what no record retires yet: until one does, the batch that was refused in it is in
	// doubt.
	r.again(0)
	for _, dead := range l.cleaned.Dead() {
		if r.segments == maxRetirements || !r.add(dead) {
			break
		}
	}
	if len(r.retire.list) == 0 && len(r.tombstones.list) == 0 && len(r.labels.Wanted) == 0 && len(r.remotes.Noted) == 0 {
		return nil
	}
	r.tombstones.list, r.labels.Wanted = format.MergeTombstones(r.tombstones.list), format.MergeLabels(r.labels.Wanted)
	r.remotes.Noted = format.MergeRemotes(r.remotes.Noted)
	return []Change{&r.tombstones, &r.labels, &r.remotes, &r.retire}
}

// neededTombstones returns the tombstones in a segment that point to segments which are still
// there.
func (r *retiring) neededTombstones(dead format.SegmentRef, w *window) ([]format.TombstoneSet, error) {
	// The index has the segments that each segment points to, so that most need not be read: mostly
	// they were retired before the segment itself died.
	targets := make(map[uint64]struct{})
	r.opt.Index.Read(func(d *index.Data) {
		for target := range d.Needed[dead.Segment] {
			targets[target] = struct{}{}
		}
	})
	keep := tombstoneKeeper{alive: r.cleaned.Counting(targets), window: w}
	if len(keep.alive) == 0 {
		return nil, nil
	}
	err := r.cleaned.Visit(dead.Slot, &keep)
	return keep.list, err
}

// neededLabels returns the labels in a segment whose messages live.
func (r *retiring) neededLabels(dead format.SegmentRef, w *window) ([]format.LabelSet, error) {
	some := false
	r.opt.Index.Read(func(d *index.Data) { _, some = d.LabelHomes[dead.Segment] })
	if !some {
		return nil, nil
	}
	keep := labelKeeper{index: r.opt.Index, window: w}
	err := r.cleaned.Visit(dead.Slot, &keep)
	return keep.list, err
}

// neededRemotes returns the ids in a segment that the spool has.
func (r *retiring) neededRemotes(dead format.SegmentRef, w *window) ([]format.RemoteSet, error) {
	some := false
	r.opt.Index.Read(func(d *index.Data) { _, some = d.RemoteHomes[dead.Segment] })
	if !some {
		return nil, nil
	}
	keep := remoteKeeper{index: r.opt.Index, window: w}
	err := r.cleaned.Visit(dead.Slot, &keep)
	return keep.list, err
}
