package commit

import (
	"errors"
	"testing"

	"pillarbox/spool/flash"
	"pillarbox/spool/flash/flashtest"
	"pillarbox/spool/format"
	"pillarbox/spool/slots"
)

// TestFits: a batch fits if it ends, with its last page, before the footer.
func TestFits(t *testing.T) {
	f := &format.Format{SlotSize: testSlot}
	for _, c := range []struct {
		name      string
		page      uint32
		log, foot int64
		want      bool
	}{
		{"a page in an empty segment", 1, 4096, 100, true},
		{"all but the footer's page", 1, 14 * 4096, 4096, true},
		{"a byte more needs another page", 1, 14*4096 + 1, 4096, false},
		{"a footer of two pages", 1, 14 * 4096, 4097, false},
		{"the last page for the batch", 15, 1, 0, true},
		{"no page is left", 16, 1, 0, false},
		{"nothing to write", 15, 0, 4096, true},
	} {
		if got := fits(f, c.page, c.log, c.foot); got != c.want {
			t.Errorf("%s: %v, want %v", c.name, got, c.want)
		}
	}
}

// TestSegmentsFollowEachOther: when a segment is full, its footer is written without a flush of its
// own, and the next one says which it follows and where that ended. The footer says what the
// records say.
func TestSegmentsFollowEachOther(t *testing.T) {
	s := newStore(t, flash.Recycle, 11)
	s.commit(intake("m", 9_000, 1))
	first := s.end(format.ClassLog)
	want := s.onDevice(format.ClassLog)
	for s.end(format.ClassLog).Segment == first.Segment {
		want = s.onDevice(format.ClassLog)
		first = s.end(format.ClassLog)
		before := s.dev.Stats()
		s.commit(intake("m", 9_000, 1))
		if did := s.dev.Stats().Sub(before); did.Syncs != 1 {
			t.Errorf("%d flushes for a batch", did.Syncs)
		}
	}
	second := s.end(format.ClassLog)
	if second.Last != first.Segment || second.LastEnd != first.End || second.Segment <= first.Segment {
		t.Errorf("segment %d follows %d, which ends at page %d; it was %d, page %d", second.Segment, second.Last, second.LastEnd, first.Segment, first.End)
	}
	file, err := s.dev.Open(slots.Name(second.Slot))
	s.must(err)
	defer file.Close()
	page := flash.Aligned(flash.Page)
	_, err = file.ReadAt(page, 0)
	s.must(err)
	h, err := format.DecodeHeader(page, second.Slot, s.opt.Format)
	if err != nil || h.Previous != first.Segment || h.PreviousEnd != first.End || h.Class != format.ClassLog {
		t.Errorf("its header is %+v, %v", h, err)
	}
	// A footer has the messages first, then all else.
	messages := len(want) - 1
	footer := s.footer(first.Slot, first.Segment)
	if len(footer) != len(want) || footer[messages] != "manifest of 0" || footer[0] != want[0] {
		t.Errorf("the footer says %q, the records %q", footer, want)
	}
	if list := s.onDevice(format.ClassLog); len(list) < 2 || list[1] != "manifest of 1" {
		t.Errorf("the second segment begins with %q", list)
	}
}

// TestFenceSaysWhereASegmentEnds: after a refused batch the footer of its segment, if the device
// takes it, keeps the batch from counting even when it is on the device whole.
func TestFenceSaysWhereASegmentEnds(t *testing.T) {
	s := newStore(t, flash.Recycle, 11)
	s.commit(intake("before", 300, 1))
	old := s.end(format.ClassLog)
	s.dev.FailAt(s.dev.Ops()+2, errDevice) // the flush: the batch is on the device
	s.commit(intake("written twice", 300, 1))
	s.dev.Cut()
	there := 0
	for title, after := range s.dev.Outcomes(1, 8) {
		back := &store{t: t, dev: after, opt: s.opt}
		equal(t, title+": the footer", back.footer(old.Slot, old.Segment), "message 1.0 to 1", "manifest of 0")
		if _, scan := back.scan(old.Slot, old.Segment); scan.End > old.End {
			there++
		}
	}
	if there == 0 {
		t.Error("the refused batch is on no device that may come back: the test shows nothing")
	}
}

// TestFirstBatchIsRefused: a segment whose first batch the device refused never begins: its slot is
// free, and the next batch retires it, because a power cut may show its header.
func TestFirstBatchIsRefused(t *testing.T) {
	s := newStore(t, flash.Recycle, 11)
	s.must(s.table.Grow(t.Context())) // so that the first operation is the write
	s.dev.FailAt(s.dev.Ops()+2, errDevice)
	s.commit(intake("m", 300, 1))
	list := s.onDevice(format.ClassLog)
	equal(t, "the segment that follows", list, "message 1.1 to 1", "retired 1", "manifest of 0")
	if n := len(s.table.Cleaning().RetiredBy(0)); n != 0 {
		t.Errorf("%d segments are still to be retired", n)
	}
}

// TestSealNarrow: the active cold segment is sealed when slots are short and it has no room left
// for the records of a bulk segment; otherwise it goes on.
func TestSealNarrow(t *testing.T) {
	for _, c := range []struct {
		name   string
		fill   int // bytes of the cold segment
		few    bool
		sealed bool
	}{
		{"much room, many slots", 1000, false, false},
		{"much room, few slots", 1000, true, false},
		{"little room, many slots", 54_000, false, false},
		{"little room, few slots", 54_000, true, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := newStore(t, flash.Recycle, 11)
			stays := intake("stays", c.fill, 1)
			stays.Stays = true
			s.commit(stays)
			for c.few && !s.table.Cleaning().Short() {
				_, _, err := s.table.Writer().Take(0)
				s.must(err)
			}
			s.must(s.log.leader().sealNarrow())
			if got := !s.end(format.ClassCold).Active; got != c.sealed {
				t.Errorf("sealed %v, want %v", got, c.sealed)
			}
		})
	}
	s := newStore(t, flash.Recycle, 11)
	s.must(s.log.leader().sealNarrow()) // there is none
}

// TestResume: a log goes on where a start has found its end, in both classes, and a slot that
// cannot be opened is an error.
func TestResume(t *testing.T) {
	s := newStore(t, flash.Recycle, 11)
	stays := intake("stays", 300, 1)
	stays.Stays = true
	s.commit(intake("m", 300, 1))
	s.commit(stays)
	start := Start{Epoch: 1, Hot: s.end(format.ClassLog), Cold: s.end(format.ClassCold), Lifetime: format.Lifetime{In: 7, Flushes: 2}, Damaged: 3}
	again, err := New(s.opt, start)
	s.must(err)
	if c := again.Counters(); c.Lifetime.In != 7 || c.Damaged != 3 {
		t.Errorf("counters %+v", c)
	}
	s.must(again.Commit(intake("goes on", 300, 2)))
	if at := again.End(format.ClassLog); at.Segment != start.Hot.Segment || at.End != start.Hot.End+1 {
		t.Errorf("the log goes on at %+v, behind %+v", at, start.Hot)
	}
	list, _ := s.scan(start.Hot.Slot, start.Hot.Segment)
	if last := list[len(list)-1]; last != "message 2.0 to 2" {
		t.Errorf("the last record is %q: another epoch was wanted", last)
	}
	start.Hot.Slot = 7
	if _, err := New(s.opt, start); err == nil {
		t.Error("a slot that is none was resumed")
	}
}

// TestFrozenLog: what Freeze returns is the log as it is, and no batch is written until Thaw.
func TestFrozenLog(t *testing.T) {
	s := newStore(t, flash.Recycle, 11)
	s.commit(intake("m", 300, 1))
	s.log.Probe().SetInherited([]format.TombstoneSet{{Key: 1, Segment: 9}})
	f, ok := s.log.Freeze()
	if !ok || f.Epoch != 1 || f.Hot.Segment != 1 || !f.Hot.Active || f.Cold.Active || len(f.Inherited) != 1 {
		t.Fatalf("frozen %v: %+v", ok, f)
	}
	done := make(chan error, 1)
	go func() { done <- s.log.Commit(intake("waits", 300, 1)) }()
	waitFor(t, "it waits", func() bool { n, _ := s.log.Probe().Waiting(); return n == 1 })
	if at := s.end(format.ClassLog); at.End != f.Hot.End || len(done) > 0 {
		t.Error("a batch was written while the log is frozen")
	}
	s.log.Thaw()
	s.must(<-done)
	if at := s.end(format.ClassLog); at.End == f.Hot.End {
		t.Error("no batch was written afterwards")
	}
}

// TestPageWriter: what is written lies in order, records at multiples of 8, and ends in zeros;
// after an error nothing more is written.
func TestPageWriter(t *testing.T) {
	dev := flashtest.New(flashtest.Options{})
	file, err := dev.Create("00000", testSlot)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	dirty := flash.Aligned(2 * flash.Page)
	for i := range dirty {
		dirty[i] = 0xee // what an earlier batch left in the stage
	}
	w := &pageWriter{file: file, offset: flash.Page, buf: dirty}
	w.write([]byte("abc"))
	w.pad(8)
	w.write([]byte("d"))
	w.write(make([]byte, 2*flash.Page)) // more than the buffer has room for
	w.pad(flash.Page)
	w.flush()
	if w.err != nil {
		t.Fatal(w.err)
	}
	got := dev.Bytes("00000")[flash.Page:]
	if string(got[:9]) != "abc\x00\x00\x00\x00\x00d" {
		t.Errorf("it begins with %q", got[:9])
	}
	for i, b := range got[9:] {
		if b != 0 {
			t.Fatalf("byte %d is %#x", 9+i, b)
		}
	}
	if w.offset != 4*flash.Page {
		t.Errorf("the next page is at %d, want %d", w.offset, 4*flash.Page)
	}
	writes := dev.Stats().Writes
	w.flush() // nothing is gathered
	dev.FailAt(dev.Ops()+1, errDevice)
	for range 3 {
		w.write(make([]byte, 2*flash.Page))
	}
	if !errors.Is(w.err, errDevice) || dev.Stats().Writes != writes {
		t.Errorf("%v, %d writes after the error", w.err, dev.Stats().Writes-writes)
	}
}
