package commit

import (
	"errors"
	"fmt"
	"math"
	"strings"
	"syscall"
	"testing"

	"pillarbox/spool/flash"
	"pillarbox/spool/format"
	"pillarbox/spool/index"
	"pillarbox/spool/slots"
)

// planned plans changes as the leader does, with the log held.
func (s *store) planned(changes ...Change) *plan {
	s.t.Helper()
	if _, ok := s.log.Freeze(); !ok {
		s.t.Fatal("the log is closed")
	}
	defer s.log.Thaw()
	return s.log.leader().plan(changes, nil)
}

// TestPlanIsExact: what a plan says that a batch takes, in the log and in the footer, is what it
// takes, or at most a few bytes more: a batch that were longer would end in the footer.
func TestPlanIsExact(t *testing.T) {
	many := make([]format.Key, 100)
	for i := range many {
		many[i] = format.Key(math.MaxUint64 - uint64(i)) // keys take 9 bytes
	}
	long := intake("long", 300, 1)
	long.Message.From, long.Message.UID = strings.Repeat("f", format.MaxFrom), strings.Repeat("u", format.MaxUID)
	for _, c := range []struct {
		name    string
		changes func(s *store) []Change
		slack   int64 // bytes of the log that may be too many
	}{
		{"a message", func(s *store) []Change { return []Change{intake("m", 300, 1)} }, 8},
		{"an empty message", func(s *store) []Change { return []Change{&Intake{To: []Recipient{{Mailbox: 1}}}} }, 8},
		{"a message of several pages", func(s *store) []Change { return []Change{intake("m", 10_000, 1)} }, 8},
		{"a message for a hundred", func(s *store) []Change { return []Change{intake("m", 300, many...)} }, 8},
		{"long texts", func(s *store) []Change { return []Change{long} }, 8},
		{"ten messages", func(s *store) (list []Change) {
			for i := range 10 {
				list = append(list, intake("m", 100*i, format.Key(1+i)))
			}
			return list
		}, 80},
		{"tombstones", func(s *store) []Change { return []Change{s.expunge(1, 3)} }, 8},
		{"labels", func(s *store) []Change { return []Change{s.labelling(1, "a label")} }, 8},
		{"remote ids", func(s *store) []Change { return []Change{note(7, 1), note(8, 2)} }, 8},
		{"a move", func(s *store) []Change { return []Change{s.moveFirst(1)} }, 8},
		{"all of them", func(s *store) []Change {
			return []Change{intake("m", 300, 1, 2), s.expunge(1, 1), s.labelling(2, "l"), note(7, 3)}
		}, 16},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := newStore(t, flash.Recycle, 11)
			for range 4 {
				s.commit(intake("before", 200, 1, 2))
			}
			changes := c.changes(s)
			p := s.planned(changes...)
			head := &s.log.own.hot
			if _, ok := changes[0].(*Move); ok {
				s.commit(s.moveFirst(2)) // so that the cold log has a segment
				head = &s.log.own.cold
				p = s.planned(changes...)
			}
			foot, end := int64(len(head.foot.Encode())), head.end
			w := s.log.leader().newBatch(head, p, nil)
			if w.fits(s.opt.Format, head.foot) != true {
				t.Error("the batch does not fit")
			}
			s.commit(changes...)
			if used := w.end - int64(end)*format.Unit; p.log < used || p.log > used+c.slack {
				t.Errorf("%d bytes of the log are planned, %d are used", p.log, used)
			}
			if grown := int64(len(head.foot.Encode())) - foot; p.foot < grown {
				t.Errorf("the footer was planned to grow by %d bytes, and has by %d", p.foot, grown)
			}
			if want := end + format.UnitsOf(p.log); head.end > want {
				t.Errorf("the batch ends at page %d, planned was %d", head.end, want)
			}
		})
	}
}

// TestFooterSizeIsABound: whatever is in a footer, Size says at least what sealing writes.
func TestFooterSizeIsABound(t *testing.T) {
	s := newStore(t, flash.Recycle, 11)
	for i := range 30 {
		s.commit(intake("m", 50*i, format.Key(math.MaxUint64-uint64(i)), 1), note(uint64(i), byte(i)))
		s.commit(s.expunge(1, i%3), s.labelling(1, fmt.Sprint("label ", i)))
		h := s.end(format.ClassLog)
		if n := int64(len(h.Foot.Encode())) + format.FrameSize + format.TrailerSize; n > h.Foot.Size() {
			t.Fatalf("after %d batches the footer has %d bytes, Size says %d", 2*i+2, n, h.Foot.Size())
		}
	}
}

// TestNothingToWrite: changes that change nothing are no batch, and no error.
func TestNothingToWrite(t *testing.T) {
	s := newStore(t, flash.Recycle, 11)
	s.commit(intake("m", 300, 1))
	again, labels := s.expunge(1, 1), s.labelling(1, "l")
	s.commit(s.labelling(1, "l"))
	mv := s.moveFirst(1)
	s.commit(again)
	ops := s.dev.Ops()
	for name, c := range map[string]Change{
		"a message that is expunged":           again,
		"a mailbox that is none":               &Expunge{Key: 99, IDs: []format.Identity{{Epoch: 1}}},
		"a message that was never there":       &Expunge{Key: 1, IDs: []format.Identity{{Epoch: 5, Seq: 77}}},
		"labels of an expunged message":        labels,
		"labels of a mailbox that is none":     &Labelling{Wanted: []format.LabelSet{{Label: "l", Key: 99, Epoch: 1, Seqs: []uint32{0}}}},
		"labels of an open with another tag":   &Labelling{Wanted: []format.LabelSet{{Label: "l", Key: 1, Epoch: 1, Tag: 1, Seqs: []uint32{0}}}},
		"a move of an expunged message":        mv,
		"no remote ids":                        &RemoteNote{},
		"a retirement of nothing":              &retirement{},
		"tombstones that need not be repeated": &carry{},
	} {
		if err := s.log.Commit(c); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	s.commit()
	if n := s.dev.Ops() - ops; n > 0 {
		t.Errorf("%d operations", n)
	}
}

// TestLabelsKeepTheEarlierDay: a label is written again only if its day is earlier.
func TestLabelsKeepTheEarlierDay(t *testing.T) {
	s := newStore(t, flash.Recycle, 11)
	s.commit(intake("m", 300, 1))
	for _, c := range []struct {
		day    uint16
		writes bool
	}{{9, true}, {9, false}, {10, false}, {8, true}, {9, false}} {
		l := s.labelling(1, "l")
		l.Wanted[0].Day = c.day
		ops := s.dev.Ops()
		s.commit(l)
		if wrote := s.dev.Ops() > ops; wrote != c.writes {
			t.Errorf("day %d: written %v, want %v", c.day, wrote, c.writes)
		}
	}
}

// TestExpungeNamesEveryCopy: of a message that was moved, and whose old segment still counts, there
// is a tombstone for both: a start after a power cut may see either.
func TestExpungeNamesEveryCopy(t *testing.T) {
	s := newStore(t, flash.Recycle, 11)
	s.commit(intake("moves", 300, 1))
	s.commit(intake("stays there", 300, 2)) // so that the segment goes on counting
	s.commit(s.moveFirst(1))
	x := s.expunge(1, 1)
	s.commit(x)
	var segments []uint64
	for _, g := range x.tombstones {
		segments = append(segments, g.Segment)
	}
	hot, cold := s.end(format.ClassLog).Segment, s.end(format.ClassCold).Segment
	if len(segments) != 2 || segments[0] != cold || segments[1] != hot {
		t.Errorf("tombstones for segments %v, want %d and %d", segments, cold, hot)
	}
}

// TestMovedMeanwhile: a move that was planned before the message was expunged, or moved by another
// one, is planned again and leaves it out.
func TestMovedMeanwhile(t *testing.T) {
	s := newStore(t, flash.Recycle, 11)
	s.commit(intake("for two", 300, 1, 2))
	mv, again := s.moveFirst(1), s.moveFirst(1)
	s.commit(s.expunge(2, 1))
	p := s.planned(mv)
	if len(p.entries) != 1 {
		t.Fatalf("%d records are planned", len(p.entries))
	}
	if to := p.entries[0].message.Recipients; len(to) != 2 || to[0].Key != 1 || to[1].Key != 0 {
		t.Errorf("recipients %+v, want mailbox 1 and a gap", to)
	}
	s.commit(mv)
	if p := s.planned(again); len(p.entries) != 0 {
		t.Error("the record is moved a second time")
	}
	if s.living(1) != 1 || s.living(2) != 0 {
		t.Errorf("%d and %d messages live", s.living(1), s.living(2))
	}
	if at := s.locationOf(1); at.Slot != s.end(format.ClassCold).Slot {
		t.Errorf("the message is in slot %d, not in the cold segment", at.Slot)
	}
}

// TestReserveOf: new mail leaves three slots alone, moved mail what the cleaner needs, deletes
// none.
func TestReserveOf(t *testing.T) {
	s := newStore(t, flash.Recycle, 11)
	l := s.log.leader()
	for _, c := range []struct {
		name    string
		changes []Change
		want    int
	}{
		{"nothing", nil, 0},
		{"a delete", []Change{&Expunge{}}, 0},
		{"labels", []Change{&Labelling{}}, 0},
		{"mail", []Change{&Intake{}}, slots.Reserved},
		{"a delete beside mail", []Change{&Expunge{}, &Intake{}}, slots.Reserved},
		{"remote ids", []Change{&RemoteNote{}}, slots.Reserved},
		{"a move", []Change{&Move{}}, 2},
	} {
		if got := l.reserveOf(c.changes); got != c.want {
			t.Errorf("%s: leaves %d slots, want %d", c.name, got, c.want)
		}
	}
}

// TestUpgradeRefusesRemoteIDsAlone: if FORMAT cannot be written, what has remote ids is refused and
// the rest of the group is committed; ErrFull stays ErrFull.
func TestUpgradeRefusesRemoteIDsAlone(t *testing.T) {
	for _, c := range []struct {
		fault error
		want  error
	}{{syscall.EIO, slots.ErrFault}, {syscall.ENOSPC, slots.ErrFull}, {syscall.EDQUOT, slots.ErrFull}, {nil, nil}} {
		t.Run(fmt.Sprint(c.fault), func(t *testing.T) {
			calls := 0
			s := newStore(t, flash.Recycle, 11)
			s.log.opt.Upgrade = func() error { calls++; return c.fault }
			errs := s.behindLeader([]Change{intake("m", 300, 1)}, []Change{note(7, 1)}, []Change{intake("n", 300, 1)})
			errorsAre(t, "a group", errs, nil, c.want, nil)
			if s.living(1) != 2 || s.index.HasRemote(7, index.ID{1}) != (c.want == nil) {
				t.Errorf("%d messages, remote id known %v", s.living(1), s.index.HasRemote(7, index.ID{1}))
			}
			if c.fault != nil {
				return
			}
			s.commit(note(7, 2))
			if calls != 1 || s.log.version.Load() != format.Version2 {
				t.Errorf("FORMAT was written %d times, version %d", calls, s.log.version.Load())
			}
		})
	}
}

// TestNoRandomNumbers: without a tag nothing can be numbered, so the commit is refused and nothing
// is written.
func TestNoRandomNumbers(t *testing.T) {
	s := newStore(t, flash.Recycle, 11)
	s.log.opt.Rand = strings.NewReader("short")
	if err := s.log.Commit(intake("m", 300, 1)); err == nil || !strings.Contains(err.Error(), "no random numbers") {
		t.Errorf("%v", err)
	}
	if n := s.dev.Ops(); n > 0 {
		t.Errorf("%d operations", n)
	}
	s.log.opt.Rand = seeded(3)
	s.commit(intake("m", 300, 1))
}

// TestEpochs: an open draws its epoch with its first write, one above all that a start has seen,
// and again when its numbers are used up; a tag is known to the index before a message has it.
func TestEpochs(t *testing.T) {
	s := newStoreOn(t, newStore(t, flash.Recycle, 11).dev, 11, nil)
	s.log.opens.epoch = 41
	if s.log.opens.last() != 41 {
		t.Error("an epoch was drawn before a write")
	}
	s.commit(intake("m", 300, 1))
	tag := s.index.Tag(42)
	if s.log.opens.last() != 42 || tag == 0 {
		t.Errorf("epoch %d, tag %d", s.log.opens.last(), tag)
	}
	if epoch, again, err := s.log.opens.open(s.opt.Rand, s.index); epoch != 42 || again != tag || err != nil {
		t.Errorf("a second write has epoch %d and another tag", epoch)
	}
	s.log.opens.seq = lastSeq - 1
	s.commit(intake("the last of them", 300, 1))
	s.commit(intake("of another", 300, 1))
	if s.log.opens.last() != 43 || s.index.Tag(43) == tag {
		t.Errorf("epoch %d, its tag drawn again: %v", s.log.opens.last(), s.index.Tag(43) == tag)
	}
	s.index.Read(func(d *indexData) {
		e := &d.Mailboxes[1].Entries
		if a, b := e.Identity(1), e.Identity(2); a.Epoch != 42 || b != (format.Identity{Epoch: 43}) {
			t.Errorf("identities %+v and %+v", a, b)
		}
	})
}

// TestTooLongIsHalved: a group that no slot holds is written in two batches; a change that no slot
// holds alone is refused.
func TestTooLongIsHalved(t *testing.T) {
	s := newStore(t, flash.Recycle, 11)
	big := func() []Change { return []Change{intake("big", 40_000, 1)} }
	l := s.log.leader()
	group := []*waiting{{changes: big()}, {changes: big()}, {changes: big()}}
	if _, ok := s.log.Freeze(); !ok {
		t.Fatal("closed")
	}
	l.run(group)
	s.log.Thaw()
	for i, w := range group {
		if w.err != nil {
			t.Errorf("commit %d: %v", i, w.err)
		}
	}
	if n := s.log.own.batches; n != 3 {
		t.Errorf("%d batches, want 3", n)
	}
	if err := s.log.Commit(intake("too big", testSlot, 1)); !errors.Is(err, errTooLong) {
		t.Errorf("a message of a whole slot: %v, want %v", err, errTooLong)
	}
	if s.living(1) != 3 {
		t.Errorf("%d messages live", s.living(1))
	}
}
