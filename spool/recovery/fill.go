package recovery

import (
	"context"
	"math"

	"pillarbox/spool/flash"
	"pillarbox/spool/format"
	"pillarbox/spool/index"
)

// The functions of this file are the second pass of a start: they make the entries of the index.

// fill makes the entries. Those from cold segments come first, because of a message that was moved
// the copy there counts.
func (l *loader) fill(ctx context.Context) error {
	// Tombstones of mailboxes that have no message need no memory. They are needed in the log
	// anyway, as long as the segment that they point to counts: a power cut may bring back an older
	// state of it.
	for _, g := range l.tombstones {
		l.data.Need(g.home, g.Segment)
		if l.data.Known(g.Epoch, g.Tag) && l.tallies[g.Key] != nil {
			l.expunged.add(g.TombstoneSet)
		}
	}
	// From here on memory is what matters: each list goes as soon as what it is for is made.
	l.tombstones = nil
	l.expunged.order()
	if err := l.ration(ctx); err != nil {
		return err
	}
	// Mailboxes are made before the passes over the segments, which add to them in an order of
	// their own.
	for key, t := range l.tallies {
		t.box = l.data.Mailbox(key)
	}
	if err := l.fillFrom(ctx, true); err != nil {
		return err
	}
	// From here on the entries of the cold segments are in order, and those that follow are looked
	// up among them: that is how a message that was moved is found to have a second copy.
	for _, t := range l.tallies {
		l.order(t.box)
		t.cold = t.box.Entries.N
	}
	if err := l.fillFrom(ctx, false); err != nil {
		return err
	}
	for key, t := range l.tallies {
		l.order(t.box)
		t.box.Imported.Trim()
		t.box.Hides = t.last.Epoch < math.MaxUint32
		if t.box.Entries.N == 0 && t.box.Habit == (index.Habit{}) && !t.box.Hides {
			delete(l.data.Mailboxes, key)
		}
	}
	l.count()
	return nil
}

// fillFrom makes the entries of messages in cold segments, or in the others.
func (l *loader) fillFrom(ctx context.Context, cold bool) error {
	for i := len(l.logs) - 1; i >= 0; i-- {
		g := l.logs[i]
		if !g.Counts() || (g.Header.Class == format.ClassCold) != cold {
			continue
		}
		if err := ctx.Err(); err != nil {
			return err
		}
		l.opt.Step()
		if err := l.visit(g, &filler{l: l, segment: g}); err != nil {
			return err
		}
		l.count()
		// The counters of a segment are kept while it grows, and are in no record.
		// What lies loose is only guessed, from what is known of the messages; small amounts can be
		// a mistake of that.
		if loose := int64(g.End)*format.Unit - flash.Page - g.Stored; loose > l.format.SlotSize/4 {
			g.Loose = loose
		}
	}
	return nil
}

// A filler makes the entries of the messages in one segment.
type filler struct {
	format.Discard
	l       *loader
	segment *segment

	// The message before is mostly of the same open and mailbox, so that nothing is looked up.
	open format.EpochTag
	in   opened
	box  *tally   // of that mailbox, nil if the first pass did not read it
	gone []uint32 // what was expunged of it in that open
}

// Message takes a message record into the index, without what does not live.
func (f *filler) Message(m format.Summary) {
	l := f.l
	if open := (format.EpochTag{Epoch: m.First.Epoch, Tag: m.Tag}); open != f.open || f.box == nil {
		if !l.data.Known(open.Epoch, open.Tag) {
			return // counted as damaged by the first pass
		}
		f.open = open
	}
	at := index.Location{Slot: f.segment.Slot, Offset: uint32(m.Offset / 8)}
	// named recipients are those that the record was written for, also if they expunged the message
	// since: together they decide what the record weighs, as they did when it came.
	named, live, hidden, weight := 0, 0, 0, int64(0)
	for i, r := range m.Recipients {
		if in := (opened{r.Key, m.First.Epoch}); in != f.in {
			f.in, f.box, f.gone = in, l.tallies[r.Key], l.expunged[in]
		}
		t := f.box
		if r.Key == 0 || t == nil { // nil: the first pass did not read it
			continue
		}
		named++
		weight = index.Weigh(m.Octets + r.Head)
		id := m.Of(i)
		// In this order: an expunged message takes no memory and will not appear, so it is not
		// hidden; and a hidden one has no entry, so it is not looked up among them.
		switch {
		case contains(f.gone, id.Seq):
			// The entry is never made. What young messages were expunged is all that is left of
			// them.
			if index.DayAge(m.Day, l.opt.Index.Today()) < index.BriefDays {
				t.box.Habit.Brief++
			}
		case id.Compare(t.last) > 0:
			hidden++
		case l.insert(t, index.Entry{Identity: id, Octets: m.Octets + r.Head, Offset: at.Offset, Slot: uint16(at.Slot), Day: m.Day}, m.UID):
			live++
		}
	}
	weight = index.WeightOf(&m, named, weight)
	if hidden > 0 {
		f.hide(&m, hidden)
	}
	switch {
	case live+hidden == 0:
		// It lived here once, which is what the gain of emptying the segment is computed from.
		f.segment.Stored += weight
		return
	// What is hidden counts as alive: it is not known which of it was expunged since.
	case live == 0:
		// No entry refers to the record, so the extents are counted here and not at the end.
		f.claimHidden(&m)
	case named > 1 || len(m.Extents) > 0:
		l.data.Records[at] = &index.Record{Live: live + hidden, Weight: weight, Extents: m.Extents}
	}
	l.data.Counts.Add(f.segment.Slot, 1, weight)
}

// insert takes an entry into a mailbox. It reports false if another copy of the message counts.
func (l *loader) insert(t *tally, r index.Entry, uid []byte) bool {
	// Only the first t.cold entries are in order yet, and only they can be of the same message. Two
	// copies among the others, neither of them cold, are left to order, which sorts them together.
	if i, found := t.box.Entries.FindFirst(t.cold, r.Identity); found {
		return l.prefer(t.box, i, r)
	}
	t.box.Add(r)
	if len(uid) > 0 {
		t.box.Imported.Add(r.Identity, uid)
	}
	return true
}

// hide counts the messages of a record that are hidden. Where they lie counts as it is, because
// which of them were expunged since is not known until they are read again: so the slots are
// neither retired nor emptied before.
func (f *filler) hide(m *format.Summary, hidden int) {
	f.l.data.Hidden += hidden
	f.segment.Stuck = true
	for _, e := range m.Extents {
		if g := f.l.segments.slot(e.Slot); g != nil {
			g.Stuck = true
		}
	}
}

// claimHidden counts the extents of a record all of whose messages are hidden.
func (f *filler) claimHidden(m *format.Summary) {
	for _, e := range m.Extents {
		if f.l.segments.has(e, f.l.format.Pages()) {
			f.l.data.Counts.Add(e.Slot, 1, e.Bytes())
		}
	}
}
