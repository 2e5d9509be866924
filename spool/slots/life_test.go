package slots

import (
	"errors"
	"fmt"
	"os"
	"slices"
	"syscall"
	"testing"
	"time"

	"pillarbox/spool/flash"
	"pillarbox/spool/flash/flashtest"
	"pillarbox/spool/format"
)

// tableOf returns a table of segments, each in a slot whose file exists, on a device with much
// room.
func tableOf(t *testing.T, mode flash.Mode, capacity int64, found ...Segment) (*Table, *flashtest.Device) {
	t.Helper()
	f := &format.Format{SlotSize: format.MinSlotSize}
	dev := flashtest.New(flashtest.Options{Mode: mode})
	for _, g := range found {
		file, err := dev.Create(Name(g.Slot), f.SlotSize)
		if err != nil {
			t.Fatal(err)
		}
		file.Close()
	}
	table := New(Options{Volume: dev, Format: f, Capacity: capacity * f.SlotSize, Wake: func() {}}, found)
	table.Load(found)
	t.Cleanup(table.Close)
	return table, dev
}

// sealed is a log segment that counts, with live bytes out of stored ones.
func sealed(slot uint32, live int, bytes, stored int64) Segment {
	return Segment{
		Slot: slot, Header: format.Header{Class: format.ClassLog, Segment: uint64(slot) + 1, Slot: slot},
		End: 16, Sealed: true, Live: live, Bytes: bytes, Stored: stored,
	}
}

// as changes a segment.
func (g Segment) as(change func(g *Segment)) Segment {
	change(&g)
	return g
}

// TestNames: the file of a slot is its number in five digits or more, and nothing else is one.
func TestNames(t *testing.T) {
	for n, name := range map[uint32]string{0: "00000", 7: "00007", 99_999: "99999", 100_000: "100000", 1<<32 - 1: "4294967295"} {
		if got := Name(n); got != name {
			t.Errorf("slot %d is %q, want %q", n, got, name)
		}
		if got, ok := ParseName(name); got != n || !ok {
			t.Errorf("%q is slot %d, %v", name, got, ok)
		}
	}
	for _, name := range []string{"", "0", "0000", "000000", "00001.tmp", "FORMAT", "-0001", "+0001", "4294967296", "0x001", " 00001"} {
		if n, ok := ParseName(name); ok {
			t.Errorf("%q is slot %d", name, n)
		}
	}
}

// TestWhatASlotIs: free, empty, dead and counting, by what is known of its segment.
func TestWhatASlotIs(t *testing.T) {
	log, bulk := format.Header{Class: format.ClassLog, Segment: 3}, format.Header{Class: format.ClassBulk, Segment: 3}
	for _, c := range []struct {
		name                      string
		sl                        *slot
		free, empty, dead, counts bool
	}{
		{"without a segment", &slot{}, true, false, false, false},
		{"a growing log", &slot{Segment: Segment{Header: log}}, false, false, false, true},
		{"a sealed log with mail", &slot{Segment: Segment{Header: log, Sealed: true, Live: 1}}, false, false, false, true},
		{"a sealed log without", &slot{Segment: Segment{Header: log, Sealed: true}}, false, true, true, true},
		{"a retired log", &slot{Segment: Segment{Header: log, Sealed: true, Retired: true}}, true, false, false, false},
		{"a retired log that is read", &slot{Segment: Segment{Header: log, Sealed: true, Retired: true}, pins: 1}, false, false, false, false},
		{"a growing bulk slot", &slot{Segment: Segment{Header: bulk}}, false, false, false, true},
		{"a sealed bulk slot that nothing names", &slot{Segment: Segment{Header: bulk, Sealed: true}}, false, true, false, true},
		{"the same with a delivery", &slot{Segment: Segment{Header: bulk, Sealed: true}, writers: 1}, false, false, false, true},
		{"a retired bulk slot with a delivery", &slot{Segment: Segment{Header: bulk, Sealed: true, Retired: true}, writers: 1}, false, false, false, false},
	} {
		sl := c.sl
		if sl.free() != c.free || sl.empty() != c.empty || sl.Dead() != c.dead || sl.Counts() != c.counts {
			t.Errorf("%s: free %v, empty %v, dead %v, counts %v", c.name, sl.free(), sl.empty(), sl.Dead(), sl.Counts())
		}
	}
}

// TestTakeChooses: which slot a new segment gets, and when there is none.
func TestTakeChooses(t *testing.T) {
	retired := func(slot uint32) Segment { return sealed(slot, 0, 0, 0).as(func(g *Segment) { g.Retired = true }) }
	busy := func(slot uint32) Segment { return sealed(slot, 1, 100, 100) }
	for _, c := range []struct {
		name     string
		capacity int64
		found    []Segment
		young    []uint32 // slots that were retired just now
		reserve  int
		want     int // -1: ErrFull
	}{
		{"an empty spool makes one", 4, nil, nil, 0, 0},
		{"one that was retired long ago", 4, []Segment{busy(0), retired(1)}, nil, 0, 1},
		{"a new one before one that was retired just now", 4, []Segment{busy(0), retired(1)}, []uint32{1}, 0, 2},
		{"one that was retired just now when there may be no other", 2, []Segment{busy(0), retired(1)}, []uint32{1}, 0, 1},
		{"the one that has been free longest", 3, []Segment{retired(0), retired(1), busy(2)}, []uint32{0}, 0, 1},
		{"none is left", 2, []Segment{busy(0), busy(1)}, nil, 0, -1},
		{"the reserve is left alone", 3, []Segment{busy(0), retired(1), retired(2)}, nil, 2, -1},
		{"the reserve is left alone, also where it has no file", 4, []Segment{busy(0), retired(1)}, nil, 3, -1},
		{"slots without a file are a reserve, too", 5, []Segment{busy(0), retired(1), retired(2)}, nil, 3, 3},
		{"existing slots are the reserve before new ones", 4, []Segment{busy(0), retired(1), retired(2)}, nil, 2, 3},
	} {
		t.Run(c.name, func(t *testing.T) {
			table, dev := tableOf(t, flash.Recycle, c.capacity, c.found...)
			for _, n := range c.young {
				s := table.lock()
				s.slots[n].freed = time.Now()
				table.mu.Unlock()
			}
			creates := dev.Stats().Creates
			n, file, err := table.Writer().Take(c.reserve)
			if c.want < 0 {
				if !errors.Is(err, ErrFull) {
					t.Errorf("slot %d, %v, want %v", n, err, ErrFull)
				}
				return
			}
			if err != nil || int(n) != c.want || file == nil {
				t.Fatalf("slot %d, %v, want %d", n, err, c.want)
			}
			if made := dev.Stats().Creates - creates; made != 0 && int(n) < len(c.found) {
				t.Errorf("%d files were made for a slot that has one", made)
			}
			if table.Probe().Pins(n) != 1 {
				t.Errorf("it is pinned %d times", table.Probe().Pins(n))
			}
		})
	}
}

// TestLifeOfASlot: a segment begins, grows, is sealed, dies, is retired, and its slot begins
// another one; the counters follow.
func TestLifeOfASlot(t *testing.T) {
	table, _ := tableOf(t, flash.Recycle, 8)
	w, c := table.Writer(), table.Cleaning()
	n, _, err := w.Take(0)
	if err != nil {
		t.Fatal(err)
	}
	segment := w.NewSegment()
	w.Begin(format.Header{Class: format.ClassLog, Segment: segment, Slot: n})
	w.Grew(n, 3, 700, 50_000)
	w.Count(n, 2, 900, 900)
	if st := table.Stats(); st.Live != 900 || st.Sealed != 0 || table.Newest() != segment {
		t.Errorf("%+v, newest %d", st, table.Newest())
	}
	w.Seal(n, 100)
	w.Count(n, -2, -900, 0)
	g := table.Segments()[0]
	if !g.Dead() || g.Loose != 800 || g.Stored != 900 || g.Bytes != 0 || g.End != 3 {
		t.Errorf("the dead segment is %+v", g)
	}
	if m := w.Manifest(segment + 1); m.UpTo != segment || !slices.Equal(m.Segments, []format.SegmentRef{{Slot: n, Segment: segment}}) {
		t.Errorf("manifest %+v", m)
	}
	ref := c.Dead()[0]
	if !w.Retire(ref, 9) || w.Retire(ref, 9) {
		t.Error("it is retired once")
	}
	if m := w.Manifest(segment + 1); len(m.Segments) != 0 {
		t.Errorf("the manifest still lists %+v", m.Segments)
	}
	if list := c.RetiredBy(9); len(list) != 1 || list[0] != ref {
		t.Errorf("segment 9 retires %+v", list)
	}
	w.Retire(ref, 12) // the record is repeated
	if len(c.RetiredBy(9)) != 0 || len(c.RetiredBy(12)) != 1 {
		t.Error("the record is still in segment 9")
	}
	table.Probe().Age(n)
	again, _, err := w.Take(0)
	if err != nil || again != n {
		t.Fatalf("slot %d, %v, want %d", again, err, n)
	}
	w.Begin(format.Header{Class: format.ClassLog, Segment: w.NewSegment(), Slot: n})
	if len(c.RetiredBy(12)) != 0 {
		t.Error("the old header is still expected after a new one is durable")
	}
	if g := table.Segments()[0]; g.Live != 0 || g.Loose != 0 || g.Sealed || g.End != format.FirstUnit {
		t.Errorf("the new segment is %+v", g)
	}
}

// TestAbandonedSegmentIsRetired: a segment whose first batch was refused shows as a stale header
// that no record retires yet, and its slot is tried last.
func TestAbandonedSegmentIsRetired(t *testing.T) {
	table, _ := tableOf(t, flash.Recycle, 8)
	w, c := table.Writer(), table.Cleaning()
	n, _, err := w.Take(0)
	if err != nil {
		t.Fatal(err)
	}
	w.Abandon(n, 5)
	if list := c.RetiredBy(0); len(list) != 1 || list[0] != (format.SegmentRef{Slot: n, Segment: 5}) || !c.Retirable() {
		t.Errorf("%+v are to be retired, retirable %v", list, c.Retirable())
	}
	if other, _, err := w.Take(0); err != nil || other == n {
		t.Errorf("slot %d is tried again (%v)", other, err)
	}
	if w.Retire(format.SegmentRef{Slot: n, Segment: 5}, 6) {
		t.Error("a segment that never began had counted")
	}
	if len(c.RetiredBy(0)) != 0 || c.Retirable() {
		t.Error("it is still to be retired")
	}
}

// TestShortOfSlots: when only the reserve is left, a segment is emptied only if one slot at most is
// TestRoom: mail is refused when more than 80 % of the capacity would live, or when slots run out,
// TestFullFileSystem: a file system that has no room for another slot is remembered as that until
// it TestFaults: errors of the device are counted; those that say that there is no room, or that
// the table was closed, are none.
func TestFaults(t *testing.T) {
	table, _ := tableOf(t, flash.Recycle, 8)
	for _, c := range []struct {
		err, want error
		faults    int
	}{
		{syscall.EIO, ErrFault, 1},
		{fmt.Errorf("%w: no slot", ErrFull), ErrFull, 1},
		{os.ErrPermission, ErrFault, 2},
	} {
		if err := table.Fault(c.err); !errors.Is(err, c.want) || !errors.Is(err, c.err) {
			t.Errorf("%v becomes %v, want %v", c.err, err, c.want)
		}
		if st := table.Stats(); st.Faults != c.faults {
			t.Errorf("%v: %d faults are counted, want %d", c.err, st.Faults, c.faults)
		}
	}
	table.Close()
	if err := table.Fault(syscall.EIO); !errors.Is(err, ErrClosed) {
		t.Errorf("of a closed table: %v", err)
	}
	if _, _, err := table.Pin(0); !errors.Is(err, ErrClosed) {
		t.Errorf("a slot of a closed table is pinned: %v", err)
	}
	if err := table.Grow(t.Context()); !errors.Is(err, ErrClosed) {
		t.Errorf("Grow: %v, want %v", err, ErrClosed)
	}
}

// TestCounting: of some segments those count that are not retired.
func TestCounting(t *testing.T) {
	table, _ := tableOf(t, flash.Recycle, 8,
		sealed(0, 1, 100, 100), sealed(1, 0, 0, 100), sealed(2, 0, 0, 0).as(func(g *Segment) { g.Retired = true }))
	got := table.Cleaning().Counting(map[uint64]struct{}{1: {}, 2: {}, 3: {}, 77: {}})
	if len(got) != 2 || !got[1] || !got[2] {
		t.Errorf("%v count, want 1 and 2", got)
	}
}

// TestAdopt: counters that were read again replace the old ones, but of a slot that has another
// segment by then; a bulk slot that nothing names then is free.
func TestAdopt(t *testing.T) {
	bulk := sealed(2, 1, 4096, 4096).as(func(g *Segment) { g.Header.Class = format.ClassBulk })
	table, _ := tableOf(t, flash.Recycle, 8, sealed(0, 1, 100, 100), sealed(1, 1, 100, 100), bulk)
	table.Adopt([]Segment{
		sealed(0, 3, 300, 350).as(func(g *Segment) { g.Stuck = true }),
		sealed(1, 9, 900, 900).as(func(g *Segment) { g.Header.Segment = 99 }),
		bulk.as(func(g *Segment) { g.Live, g.Bytes = 0, 0 }),
	})
	list := table.Segments()
	if g := list[0]; g.Live != 3 || g.Bytes != 300 || g.Stored != 350 || !g.Stuck {
		t.Errorf("slot 0 counts %+v", g)
	}
	if g := list[1]; g.Live != 1 || g.Bytes != 100 {
		t.Errorf("slot 1, which has another segment, counts %+v", g)
	}
	if g := list[2]; g.Counts() {
		t.Errorf("slot 2 is not free: %+v", g)
	}
	if table.Live() != 400 {
		t.Errorf("%d bytes live, want 400", table.Live())
	}
}

// TestIdleFilesAreClosed: of many slots that are read only some stay open.
func TestIdleFilesAreClosed(t *testing.T) {
	var found []Segment
	for n := range uint32(2 * maxIdleFiles) {
		found = append(found, sealed(n, 1, 100, 100))
	}
	table, dev := tableOf(t, flash.Recycle, 100, found...)
	for n := range uint32(len(found)) {
		if _, _, err := table.Pin(n); err != nil {
			t.Fatal(err)
		}
	}
	if n := dev.Handles(); n != len(found) {
		t.Errorf("%d files are open while %d are pinned", n, len(found))
	}
	for n := range uint32(len(found)) {
		table.Unpin(n)
	}
	if n := dev.Handles(); n != maxIdleFiles {
		t.Errorf("%d files are open, want %d", n, maxIdleFiles)
	}
	table.Close()
	if n := dev.Handles(); n != 0 {
		t.Errorf("%d files are open after Close", n)
	}
}

// TestProofsGoRound: each proof reads another slot that counts, and other pages of it in time.
func TestProofsGoRound(t *testing.T) {
	table, _ := tableOf(t, flash.Recycle, 8,
		sealed(0, 1, 100, 100), sealed(1, 0, 0, 0).as(func(g *Segment) { g.Retired = true }), sealed(2, 1, 100, 100))
	seen := make(map[string]bool)
	for range 64 {
		n, file, at, ok, err := table.NextProof()
		if !ok || err != nil || file == nil || n == 1 || at%flash.Page != 0 || at >= format.MinSlotSize {
			t.Fatalf("slot %d at %d, %v, %v", n, at, ok, err)
		}
		table.Unpin(n)
		seen[fmt.Sprint(n, " ", at)] = true
	}
	if len(seen) < 30 {
		t.Errorf("64 proofs read %d pages", len(seen))
	}
	empty, _ := tableOf(t, flash.Recycle, 8)
	if _, _, _, ok, _ := empty.NextProof(); ok {
		t.Error("there is something to read in an empty spool")
	}
}

// TestMaxOf: how many slots there may be: a slot has to hold a manifest of all.
func TestMaxOf(t *testing.T) {
	for size, want := range map[int64]int64{format.MinSlotSize: 1024, 4 << 20: MaxNumber, format.MaxSlotSize: MaxNumber} {
		if got := MaxOf(size); got != want {
			t.Errorf("slots of %d bytes: %d, want %d", size, got, want)
		}
	}
}
