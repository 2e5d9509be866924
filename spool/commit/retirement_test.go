package commit

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"pillarbox/spool/flash"
	"pillarbox/spool/flash/flashtest"
	"pillarbox/spool/format"
)

// TestWindowChooses: a batch repeats what earlier ones have not, what is needed, and what it has
// room for.
func TestWindowChooses(t *testing.T) {
	seqs := []uint32{1, 2, 3, 4, 5}
	even := func(seq uint32) bool { return seq%2 == 0 }
	all := func(uint32) bool { return true }
	for _, c := range []struct {
		name   string
		w      window
		needed func(uint32) bool
		want   string
		seen   int
		full   bool
	}{
		{"all of them", window{room: 1000}, all, "[1 2 3 4 5]", 5, false},
		{"what is needed", window{room: 1000}, even, "[2 4]", 5, false},
		{"what earlier batches have not", window{skip: 3, room: 1000}, all, "[4 5]", 5, false},
		{"nothing is left", window{skip: 9, room: 1000}, all, "[]", 5, false},
		{"room for two", window{room: 20 + 2*format.SeqSize}, all, "[1 2]", 2, true},
		{"room for the record alone", window{room: 20}, all, "[]", 0, true},
		{"no room, and nothing is needed", window{}, func(uint32) bool { return false }, "[]", 5, false},
		{"it was full before", window{room: 1000, full: true}, all, "[]", 0, true},
	} {
		got := c.w.choose(seqs, 20, c.needed)
		if fmt.Sprint(got) != c.want && !(len(got) == 0 && c.want == "[]") || c.w.seen != c.seen || c.w.full != c.full {
			t.Errorf("%s: %v, %d seen, full %v; want %s, %d, %v", c.name, got, c.w.seen, c.w.full, c.want, c.seen, c.full)
		}
	}
}

// deadSegment makes a sealed segment in which nothing lives: it holds mail that was expunged, a
// tombstone of mailbox 2 that a living segment needs, a label of mailbox 3 and a remote id.
func deadSegment(s *store) (dead Position) {
	s.t.Helper()
	s.commit(intake("anchor", 300, 2, 3), intake("anchor", 300, 3))
	s.must(s.log.Probe().Seal(format.ClassLog))
	s.commit(intake("dies", 300, 1))
	s.commit(s.expunge(2, 1), s.labelling(3, "seen"), note(7, 1))
	dead = s.end(format.ClassLog)
	s.must(s.log.Probe().Seal(format.ClassLog))
	return dead
}

// TestRetirementCarries: the batch that retires a segment carries out of it, in the same batch, the
// tombstones whose target counts, the labels of mail that lives, and the remote ids that are known.
func TestRetirementCarries(t *testing.T) {
	s := newStore(t, flash.Recycle, 11)
	dead := deadSegment(s)
	s.commit(s.expunge(1, 1)) // the first batch of the next segment
	s.commit(intake("rides along", 300, 4))
	list := s.onDevice(format.ClassLog)
	for _, want := range []string{
		"expunged [0] of 2 in segment 1", "label seen on [1 2] of 3", "remote 1 of account 7 settled true",
		fmt.Sprintf("retired %d", dead.Segment),
	} {
		if !slices.Contains(list, want) {
			t.Errorf("the log does not say %q: it says\n\t%s", want, strings.Join(list, "\n\t"))
		}
	}
	retired := slices.Index(list, fmt.Sprintf("retired %d", dead.Segment))
	if retired < slices.Index(list, "expunged [0] of 2 in segment 1") {
		t.Error("it is retired before its tombstones are repeated")
	}
	if g := segmentIn(s, dead.Slot); g.Counts() {
		t.Error("the slot still counts")
	}
	if s.log.Reclaimed() != 1 {
		t.Errorf("%d segments were retired", s.log.Reclaimed())
	}
}

// TestRetirementLeavesOut: tombstones whose target is retired are not repeated, nor labels of mail
// that is gone, nor ids that were forgotten.
func TestRetirementLeavesOut(t *testing.T) {
	s := newStore(t, flash.Recycle, 11)
	dead := deadSegment(s)
	s.index.ForgetRemotes(7, func([12]byte) bool { return true })
	s.commit(s.expunge(3, 2)) // now nothing lives in the first segment either
	for s.table.Cleaning().Retirable() {
		s.commit(intake("rides along", 100, 5))
		s.commit(s.expunge(1, 1))
	}
	list := s.onDevice(format.ClassLog)
	for _, line := range list {
		if strings.HasPrefix(line, "label") || strings.HasPrefix(line, "remote") {
			t.Errorf("the log repeats %q", line)
		}
	}
	if !slices.Contains(list, fmt.Sprintf("retired %d", dead.Segment)) || !slices.Contains(list, "retired 1") {
		t.Errorf("they were not retired: %q", list)
	}
}

// TestStaleRecordsAreRepeated: the record that retires a segment is in a segment that is retired
// itself. It is repeated as long as the slot has no newer header, because a power cut may show the
// old one.
func TestStaleRecordsAreRepeated(t *testing.T) {
	s := newStore(t, flash.Recycle, 11)
	s.commit(intake("a", 300, 1))
	s.commit(s.expunge(1, 1))
	s.must(s.log.Probe().Seal(format.ClassLog))
	s.commit(intake("b", 300, 1)) // retires segment 1
	home := s.end(format.ClassLog)
	if list := s.table.Cleaning().RetiredBy(home.Segment); len(list) != 1 || list[0].Segment != 1 {
		t.Fatalf("segment %d retires %v: the test shows nothing", home.Segment, list)
	}
	s.commit(s.expunge(1, 1))
	s.must(s.log.Probe().Seal(format.ClassLog))
	s.commit(intake("c", 300, 1)) // retires the home, too
	list := s.onDevice(format.ClassLog)
	if !slices.Contains(list, "retired 1") || !slices.Contains(list, fmt.Sprintf("retired %d", home.Segment)) {
		t.Errorf("the log says %q", list)
	}
	if list := s.table.Cleaning().RetiredBy(home.Segment); len(list) != 0 {
		t.Errorf("segment %d, which is retired, still retires %v", home.Segment, list)
	}
}

// TestRetirementsAreFew: a batch retires at most four segments, the oldest first, so that mail in
// it does not wait long.
func TestRetirementsAreFew(t *testing.T) {
	s := newStore(t, flash.Recycle, 20)
	s.table.Hold() // so that none is retired yet
	for i := range 6 {
		s.commit(intake(fmt.Sprint(i), 300, 1))
		s.must(s.log.Probe().Seal(format.ClassLog))
	}
	s.commit(s.expunge(1, 6))
	s.must(s.table.Release())
	if n := len(s.table.Cleaning().Dead()); n != 6 {
		t.Fatalf("%d segments are dead: the test shows nothing", n)
	}
	s.commit(intake("rides along", 300, 2))
	if n := s.log.Reclaimed(); n != maxRetirements {
		t.Errorf("%d segments were retired by one batch, want %d", n, maxRetirements)
	}
	if left := s.table.Cleaning().Dead(); len(left) != 2 || left[0].Segment != 5 {
		t.Errorf("%+v are left, want segments 5 and 6", left)
	}
	s.commit()
	if n := s.log.Reclaimed(); n != 6 {
		t.Errorf("%d segments were retired in the end", n)
	}
}

// TestNothingIsRetiredForTheColdLog: retirement records go to the hot log alone, so that those of a
// segment are all behind each other.
func TestNothingIsRetiredForTheColdLog(t *testing.T) {
	s := newStore(t, flash.Recycle, 11)
	deadSegment(s)
	stays := intake("stays", 300, 9)
	stays.Stays = true
	s.commit(s.expunge(1, 1))
	before := s.log.Reclaimed()
	s.commit(stays)
	if s.log.Reclaimed() != before {
		t.Error("a batch of the cold log retires a segment")
	}
	equal(t, "the cold log", s.onDevice(format.ClassCold), "message 1.4 to 9")
}

// TestUnreadableSegmentIsRetiredLater: a dead segment that cannot be read now is left for another
// time, and the batch goes on.
func TestUnreadableSegmentIsRetiredLater(t *testing.T) {
	s := newStoreOn(t, flashtest.New(flashtest.Options{CountReads: true}), 11, nil)
	dead := deadSegment(s)
	s.commit(s.expunge(1, 1))
	s.dev.FailAt(s.dev.Ops()+1, errDevice) // the footer of the dead segment
	s.commit(intake("rides along", 300, 4))
	if g := segmentIn(s, dead.Slot); !g.Counts() {
		t.Error("it was retired without what was to be carried out of it")
	}
	s.commit(intake("rides along", 300, 4))
	if g := segmentIn(s, dead.Slot); g.Counts() {
		t.Error("it is never retired")
	}
}

// TestInheritedTombstonesAreWritten: what a start found in retired segments is written again with
// the next batches, each set once.
func TestInheritedTombstonesAreWritten(t *testing.T) {
	s := newStore(t, flash.Recycle, 11)
	s.commit(intake("m", 300, 1))
	tag := s.index.Tag(1)
	s.log.Probe().SetInherited([]format.TombstoneSet{
		{Key: 4, Segment: 1, Epoch: 1, Tag: tag, Seqs: []uint32{50}}, {Key: 4, Segment: 1, Epoch: 1, Tag: tag, Seqs: []uint32{51}},
	})
	s.commit(intake("rides along", 300, 1))
	s.commit(intake("rides alone", 300, 1))
	equal(t, "the log", s.onDevice(format.ClassLog),
		"message 1.0 to 1", "manifest of 0", "message 1.1 to 1", "expunged [50 51] of 4 in segment 1", "message 1.2 to 1")
	if n := len(s.log.own.carrying.inherited); n != 0 {
		t.Errorf("%d sets are still to be written", n)
	}
}

// TestRetirementBudget: what is carried out of dead segments takes an eighth of a slot at most, or
// as much as a batch may have.
func TestRetirementBudget(t *testing.T) {
	for slot, want := range map[int64]int64{format.MinSlotSize: 8 << 10, 4 << 20: 512 << 10, format.MaxSlotSize: MaxBatch} {
		if got := retirementBudget(&format.Format{SlotSize: slot}); got != want {
			t.Errorf("slots of %d bytes: %d, want %d", slot, got, want)
		}
	}
}

// TestChangesComeFirst: changes and what is carried out of dead segments do not fit a slot
// together: the changes are written, and the rest later.
func TestChangesComeFirst(t *testing.T) {
	s := newStore(t, flash.Recycle, 20)
	for i := range 3 {
		s.commit(intake("anchor", 100, format.Key(100+i)))
	}
	s.must(s.log.Probe().Seal(format.ClassLog))
	s.commit(intake("dies", 300, 1))
	var sets []format.TombstoneSet
	for i := range 150 { // tombstones that take some kilobytes, and as many in a footer
		sets = append(sets, format.TombstoneSet{Key: format.Key(1<<60) + format.Key(i), Segment: 1, Epoch: 1, Tag: s.index.Tag(1), Seqs: []uint32{1 << 20}})
	}
	s.log.Probe().SetInherited(sets)
	s.commit()
	s.commit()
	s.must(s.log.Probe().Seal(format.ClassLog))
	s.commit(s.expunge(1, 1))
	s.must(s.log.Probe().Seal(format.ClassLog))
	big := intake("nearly a slot", 50_000, 2)
	if !s.table.Cleaning().Retirable() {
		t.Fatal("nothing is to be retired: the test shows nothing")
	}
	s.commit(big)
	if s.living(2) != 1 {
		t.Error("the message was not taken")
	}
	for range 10 {
		s.commit(intake("small", 100, 3))
	}
	if s.log.Reclaimed() == 0 {
		t.Error("nothing was retired afterwards")
	}
}
