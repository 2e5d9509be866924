package commit

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"testing"

	"pillarbox/spool/flash"
	"pillarbox/spool/flash/flashtest"
	"pillarbox/spool/format"
	"pillarbox/spool/index"
	"pillarbox/spool/slots"
)

// thin makes a sealed log segment of which some of five messages live, in mailbox 1.
func (s *store) thin(live int) (segment uint64) {
	s.t.Helper()
	for i := range 5 {
		key := format.Key(2)
		if i < live {
			key = 1
		}
		s.commit(intake(fmt.Sprint("thin ", i), 8_000, key))
	}
	segment = s.end(format.ClassLog).Segment
	s.must(s.log.Probe().Seal(format.ClassLog))
	s.commit(s.expunge(2, 5))
	return segment
}

// large commits a message of which n bytes lie in an extent.
func (s *store) large(name byte, n int, to ...format.Key) {
	s.t.Helper()
	w := s.log.Extents()
	defer w.End()
	s.write(&w, piece(name, n))
	s.must(w.Sync())
	in := intake("large", 0, to...)
	in.Body, in.Message.Extents, in.Message.Octets = nil, w.List, uint32(n)
	s.commit(in)
}

// slotWith returns the slot that a segment is in.
func (s *store) slotWith(segment uint64) slots.Segment {
	s.t.Helper()
	for _, g := range s.table.Segments() {
		if g.Header.Segment == segment {
			return g
		}
	}
	s.t.Fatalf("segment %d is gone", segment)
	return slots.Segment{}
}

// TestCleaningMovesWhatLives: the records that live are written to the cold log, with their
// identities, and the segment is retired by the next batch of the hot log.
func TestCleaningMovesWhatLives(t *testing.T) {
	s := newStore(t, flash.Recycle, 11)
	segment := s.thin(2)
	var ids []format.Identity
	ids = append(ids, s.expunge(1, 2).IDs...)
	progress, err := s.log.Clean()
	if !progress || err != nil {
		t.Fatalf("%v, %v", progress, err)
	}
	equal(t, "the cold log", s.onDevice(format.ClassCold),
		fmt.Sprintf("message 1.%d to 1", ids[0].Seq), fmt.Sprintf("message 1.%d to 1", ids[1].Seq))
	for range 2 {
		if at := s.locationOf(1); at.Slot != s.end(format.ClassCold).Slot {
			t.Errorf("a message is still in slot %d", at.Slot)
		}
		s.commit(s.expunge(1, 1))
	}
	if g := s.slotWith(segment); g.Live != 0 || g.Bytes != 0 {
		t.Errorf("the segment counts %d records of %d bytes", g.Live, g.Bytes)
	}
	s.commit(intake("rides along", 300, 3))
	if g := s.slotWith(segment); g.Counts() {
		t.Error("the segment was not retired")
	}
	if c := s.log.Counters().Lifetime; c.Copied == 0 {
		t.Error("nothing counts as copied")
	}
}

// TestCleaningMovesExtents: the extents that live are copied to the cold bulk segment, flushed, and
// then named by the record, which moves with them.
func TestCleaningMovesExtents(t *testing.T) {
	s := newStore(t, flash.Recycle, 11)
	s.large('a', 20_000, 1)
	s.large('b', 20_000, 2)
	s.log.Probe().SealBulk()
	var from format.Extent
	s.index.Read(func(d *indexData) { from = d.Records[d.Mailboxes[1].Entries.At(0).Location()].Extents[0] })
	s.commit(s.expunge(2, 1))
	s.must(s.log.Probe().Empty(s.slotWith(from.Segment)))
	var now []format.Extent
	s.index.Read(func(d *indexData) { now = d.Records[d.Mailboxes[1].Entries.At(0).Location()].Extents })
	if len(now) != 1 || now[0].Segment == from.Segment {
		t.Fatalf("the extents are %+v", now)
	}
	if got := s.readExtents(now); len(got) != 20_000 || !bytes.Equal(got, piece('a', 20_000)) {
		t.Error("the copy is something else")
	}
	if g := s.slotWith(from.Segment); g.Counts() {
		t.Errorf("the bulk slot still counts: %+v", g)
	}
}

// TestCopiesAreDurableBeforeTheSlotIsFree: the power is cut in each operation of a cleaning. The
// bytes of a message that lives are on the device in one segment or the other, whatever comes back.
func TestCopiesAreDurableBeforeTheSlotIsFree(t *testing.T) {
	for cut := 1; ; cut++ {
		s := newStore(t, flash.Recycle, 11)
		s.large('a', 20_000, 1)
		s.large('b', 20_000, 2)
		s.log.Probe().SealBulk()
		s.commit(s.expunge(2, 1))
		s.dev.CutAt(s.dev.Ops() + cut)
		for range 3 {
			_, _ = s.log.Clean()
			_ = s.log.Commit(intake("rides along", 300, 3))
		}
		if !s.dev.Dead() {
			return
		}
		var extents []format.Extent
		s.index.Read(func(d *indexData) { extents = d.Records[d.Mailboxes[1].Entries.At(0).Location()].Extents })
		for title, after := range s.dev.Outcomes(uint64(cut), 4) {
			back := &store{t: t, dev: after, opt: s.opt}
			if got := back.readExtents(extents); !bytes.Equal(got, piece('a', 20_000)) {
				t.Errorf("cut in operation %d, %s: the extents do not hold the message", cut, title)
			}
		}
	}
}

// TestStuckSegmentIsSetAside: something alive in a segment does not verify. The rest is moved, the
// damage is counted, and the segment is left alone from then on.
func TestStuckSegmentIsSetAside(t *testing.T) {
	s := newStore(t, flash.Recycle, 11)
	segment := s.thin(2)
	at := s.locationOf(1)
	s.dev.Corrupt(slots.Name(at.Slot), int64(at.Offset)*8+200, 0x40) // in the body of the first
	if _, err := s.log.Clean(); err != nil {
		t.Fatal(err)
	}
	g := s.slotWith(segment)
	if !g.Stuck || g.Live != 1 || !g.Counts() {
		t.Errorf("the segment is %+v, want it stuck with one message", g)
	}
	if n := s.log.Counters().Damaged; n != 1 {
		t.Errorf("%d records count as damaged", n)
	}
	if n := len(s.onDevice(format.ClassCold)); n != 1 {
		t.Errorf("%d messages were moved, want the one that verifies", n)
	}
	if s.table.Cleaning().AnyMovable() {
		t.Error("it is to be emptied again")
	}
	s.commit(s.expunge(1, 1))
	s.commit(intake("rides along", 300, 3))
	if g := s.slotWith(segment); g.Counts() {
		t.Error("it was not retired when the message was expunged")
	}
}

// TestDeadExtentSetsItsSlotAside: the same of an extent.
func TestDeadExtentSetsItsSlotAside(t *testing.T) {
	s := newStore(t, flash.Recycle, 11)
	s.large('a', 20_000, 1)
	s.log.Probe().SealBulk()
	var e format.Extent
	s.index.Read(func(d *indexData) { e = d.Records[d.Mailboxes[1].Entries.At(0).Location()].Extents[0] })
	s.dev.Corrupt(slots.Name(e.Slot), int64(e.Page)*flash.Page+5000, 0x40)
	s.must(s.log.Probe().Empty(s.slotWith(e.Segment)))
	if g := s.slotWith(e.Segment); !g.Stuck || g.Live != 1 {
		t.Errorf("the slot is %+v, want it stuck", g)
	}
	if at := s.locationOf(1); at.Slot == s.end(format.ClassCold).Slot {
		t.Error("a record names a copy that does not verify")
	}
}

// TestFailingDeviceIsNoDamage: a device that fails while a segment is emptied is a fault, and the
// segment is not set aside.
func TestFailingDeviceIsNoDamage(t *testing.T) {
	for n := 1; n <= 4; n++ {
		s := newStoreOn(t, flashtest.New(flashtest.Options{CountReads: true}), 11, nil)
		segment := s.thin(2)
		s.dev.FailAt(s.dev.Ops()+n, errDevice)
		_, err := s.log.Clean()
		if err != nil && !errors.Is(err, slots.ErrFault) {
			t.Errorf("operation %d: %v, want %v", n, err, slots.ErrFault)
		}
		if g := s.slotWith(segment); g.Stuck || s.log.Counters().Damaged > 0 {
			t.Errorf("operation %d: the segment is set aside", n)
		}
		if _, err := s.log.Clean(); err != nil {
			t.Errorf("operation %d: the next cleaning: %v", n, err)
		}
	}
}

// TestReadMoveVerifies: a record that is to be moved must be whole.
func TestReadMoveVerifies(t *testing.T) {
	s := newStore(t, flash.Recycle, 11)
	s.commit(intake("moves", 1000, 1, 2))
	at, seg := s.locationOf(1), s.end(format.ClassLog)
	open := func() flash.File {
		file, err := s.dev.Open(slots.Name(seg.Slot))
		s.must(err)
		t.Cleanup(func() { file.Close() })
		return file
	}
	mv, err := ReadMove(s.opt.Format, open(), seg.Segment, at)
	s.must(err)
	if len(mv.heads) != 2 || string(mv.heads[1]) != "Delivered-To: 2\r\n" || !bytes.HasPrefix(mv.body, []byte("moves\r\n")) {
		t.Errorf("heads %q, body %.10q", mv.heads, mv.body)
	}
	start := int64(at.Offset) * 8
	for name, c := range map[string]struct {
		off     int64
		segment uint64
		at      index.Location
	}{
		"frame":           {start + 5, seg.Segment, at},
		"kind":            {start + 12, seg.Segment, at},
		"meta":            {start + format.FrameSize + 3, seg.Segment, at},
		"head":            {start + 120, seg.Segment, at},
		"end of the body": {start + 1090, seg.Segment, at},
		"another segment": {-1, seg.Segment + 1, at},
		"another place":   {-1, seg.Segment, index.Location{Slot: at.Slot, Offset: at.Offset + 1}},
		"end of the slot": {-1, seg.Segment, index.Location{Slot: at.Slot, Offset: testSlot/8 - 1}},
	} {
		if c.off >= 0 {
			s.dev.Corrupt(slots.Name(seg.Slot), c.off, 1)
		}
		if _, err := ReadMove(s.opt.Format, open(), c.segment, c.at); !errors.Is(err, format.ErrUnreadable) {
			t.Errorf("%s: %v, want %v", name, err, format.ErrUnreadable)
		}
		if c.off >= 0 {
			s.dev.Corrupt(slots.Name(seg.Slot), c.off, 1) // as it was
		}
	}
}

// TestCompactStopsWhenItIsWorthless: Compact empties what is mostly dead and leaves alone what is
// full; it calls progress for each segment, and ends when its context does.
func TestCompactStopsWhenItIsWorthless(t *testing.T) {
	s := newStore(t, flash.Recycle, 20)
	full := s.thin(5)
	thin := []uint64{s.thin(1), s.thin(1)}
	calls := 0
	s.must(s.log.Compact(context.Background(), func() { calls++ }))
	for _, segment := range thin {
		if g := s.slotWith(segment); g.Counts() && g.Live > 0 {
			t.Errorf("segment %d still holds %d records", segment, g.Live)
		}
	}
	if g := s.slotWith(full); g.Live != 5 {
		t.Errorf("the full segment holds %d of 5 records", g.Live)
	}
	if calls < 2 {
		t.Errorf("progress was called %d times", calls)
	}
	copied := s.log.Counters().Lifetime.Copied
	s.must(s.log.Compact(context.Background(), func() {}))
	if now := s.log.Counters().Lifetime.Copied; now != copied {
		t.Errorf("a second compaction moves %d bytes", now-copied)
	}
	ended, end := context.WithCancel(context.Background())
	end()
	if err := s.log.Compact(ended, nil); !errors.Is(err, context.Canceled) {
		t.Errorf("%v", err)
	}
}

// TestCompactLeavesWhatIsNearlyFull: a segment of which more than three quarters live is left alone
// by Compact, although room could be made out of it.
func TestCompactLeavesWhatIsNearlyFull(t *testing.T) {
	for _, c := range []struct {
		pages int // that live, of 15
		moved bool
	}{{13, false}, {11, true}} {
		s := newStore(t, flash.Recycle, 20)
		s.large('a', c.pages*flash.Page, 1)
		s.large('b', (15-c.pages)*flash.Page, 2)
		s.log.Probe().SealBulk()
		s.commit(s.expunge(2, 1))
		if !s.table.Cleaning().AnyMovable() {
			t.Fatal("nothing could be moved: the test shows nothing")
		}
		s.must(s.log.Compact(context.Background(), func() {}))
		if moved := s.log.Counters().Lifetime.Copied > 0; moved != c.moved {
			t.Errorf("%d of 15 pages live: moved %v, want %v", c.pages, moved, c.moved)
		}
	}
}

// TestMakeRoomAheadOfTime: room is made while few slots are left, and not above that.
func TestMakeRoomAheadOfTime(t *testing.T) {
	s := newStore(t, flash.Recycle, 11)
	segment := s.thin(1)
	s.must(s.log.MakeRoom(t.Context()))
	if g := s.slotWith(segment); g.Live != 1 {
		t.Error("mail was moved while there were many slots")
	}
	for !s.table.Few() {
		_, _, err := s.table.Writer().Take(0)
		s.must(err)
	}
	s.must(s.log.MakeRoom(t.Context()))
	if g := s.slotWith(segment); g.Live != 0 {
		t.Error("nothing was moved while there were few")
	}
	ended, end := context.WithCancel(context.Background())
	end()
	if err := s.log.MakeRoom(ended); !errors.Is(err, context.Canceled) {
		t.Errorf("%v", err)
	}
}

// TestCleaningSkipsWhatIsGone: between the choice of a segment and the move a message is expunged,
// or another one moves it: nothing is written for it.
func TestCleaningSkipsWhatIsGone(t *testing.T) {
	s := newStore(t, flash.Recycle, 11)
	s.large('a', 20_000, 1)
	s.log.Probe().SealBulk()
	var at index.Location
	var e format.Extent
	s.index.Read(func(d *indexData) {
		at = d.Mailboxes[1].Entries.At(0).Location()
		e = d.Records[at].Extents[0]
	})
	file, segment, err := s.table.Pin(e.Slot)
	s.must(err)
	v := slots.Victim{Slot: e.Slot, Segment: segment, File: file}
	s.commit(s.expunge(1, 1))
	ops := s.dev.Ops()
	s.must(s.log.cleaner(false).moveExtents(v, at))
	if n := s.dev.Ops() - ops; n > 0 {
		t.Errorf("%d operations for a message that is gone", n)
	}
	s.table.Unpin(e.Slot)
}

// TestMoveLimit: a batch of moves fills what is left of the cold segment, unless that is little.
func TestMoveLimit(t *testing.T) {
	s := newStore(t, flash.Recycle, 11)
	c := s.log.cleaner(false)
	if got := c.moveLimit(); got != testSlot/2 {
		t.Errorf("without a cold segment: %d, want half a slot", got)
	}
	for _, fill := range []struct {
		bytes int
		want  func(left int64) int64
	}{
		{20_000, func(int64) int64 { return testSlot / 2 }},
		{20_000, func(left int64) int64 { return left - flash.Page }},
		{10_000, func(int64) int64 { return testSlot / 2 }},
	} {
		stays := intake("stays", fill.bytes, 1)
		stays.Stays = true
		s.commit(stays)
		left := s.table.Cleaning().ColdLog()
		if got := c.moveLimit(); got != min(testSlot/2, fill.want(left)) {
			t.Errorf("with %d bytes left: %d, want %d", left, got, fill.want(left))
		}
	}
}
