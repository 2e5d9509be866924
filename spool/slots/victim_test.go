package slots

import (
	"errors"
	"slices"
	"testing"

	"pillarbox/spool/flash"
	"pillarbox/spool/flash/flashtest"
	"pillarbox/spool/format"
)

// TestVictim: which segment is emptied.
func TestVictim(t *testing.T) {
	const kib = 1 << 10
	for _, c := range []struct {
		name  string
		found []Segment
		young []int64
		want  int // -1: none
	}{
		{"nothing is gained by moving what is full", []Segment{sealed(0, 5, 50*kib, 50*kib)}, nil, -1},
		{"little is gained", []Segment{sealed(0, 5, 48*kib, 60*kib)}, nil, -1},
		{"what was expunged is gained", []Segment{sealed(0, 5, 20*kib, 50*kib)}, nil, 0},
		{"what lies loose is gained", []Segment{sealed(0, 5, 20*kib, 20*kib).as(func(g *Segment) { g.Loose = 30 * kib })}, nil, 0},
		{"the emptiest", []Segment{sealed(0, 5, 30*kib, 50*kib), sealed(1, 2, 10*kib, 50*kib)}, nil, 1},
		{"young mail counts twice", []Segment{sealed(0, 5, 20*kib, 50*kib), sealed(1, 5, 19*kib, 50*kib)}, []int64{0, 19 * kib}, 0},
		{"what grows is left alone", []Segment{sealed(0, 5, 10*kib, 50*kib).as(func(g *Segment) { g.Sealed = false })}, nil, -1},
		{"what is stuck is left alone", []Segment{sealed(0, 5, 10*kib, 50*kib).as(func(g *Segment) { g.Stuck = true })}, nil, -1},
		{"what is dead is retired, not moved", []Segment{sealed(0, 0, 0, 50*kib)}, nil, -1},
		{"bulk slots are of whole pages", []Segment{sealed(0, 1, 20*kib, 20*kib).as(func(g *Segment) { g.Header.Class = format.ClassBulk })}, nil, 0},
		{"a full bulk slot", []Segment{sealed(0, 1, 60*kib, 60*kib).as(func(g *Segment) { g.Header.Class = format.ClassBulk })}, nil, -1},
	} {
		t.Run(c.name, func(t *testing.T) {
			table, _ := tableOf(t, flash.Recycle, 20, c.found...)
			cl := table.Cleaning()
			if got := cl.AnyMovable(); got != (c.want >= 0) {
				t.Errorf("movable %v", got)
			}
			bytes, ok := cl.VictimBytes(c.young)
			v, taken, err := cl.TakeVictim(c.young)
			if err != nil || ok != taken || taken != (c.want >= 0) {
				t.Fatalf("%v, %v, %v", ok, taken, err)
			}
			if !taken {
				return
			}
			if int(v.Slot) != c.want || bytes != c.found[c.want].Bytes || v.File == nil {
				t.Errorf("slot %d with %d bytes, want %d", v.Slot, bytes, c.want)
			}
			if table.Probe().Pins(v.Slot) != 1 || cl.AnyMovable() && len(c.found) == 1 {
				t.Error("a segment that is being emptied is not pinned")
			}
			table.Unpin(v.Slot)
		})
	}
}

// needed to move to.
func TestShortOfSlots(t *testing.T) {
	const kib = 1 << 10
	bulk := func(g *Segment) { g.Header.Class = format.ClassBulk }
	for _, c := range []struct {
		name              string
		g                 Segment
		coldLog, coldBulk int64
		available         int // slots that are free
		want              bool
	}{
		{"a log segment takes a slot", sealed(0, 2, 20*kib, 50*kib), 0, 0, 3, true},
		{"none may be taken", sealed(0, 2, 20*kib, 50*kib), 0, 0, 2, false},
		{"it fits the cold segment", sealed(0, 2, 20*kib, 50*kib), 40 * kib, 0, 2, true},
		{"a bulk slot takes two", sealed(0, 2, 20*kib, 20*kib).as(bulk), 0, 0, 3, false},
		{"its extents have room", sealed(0, 2, 20*kib, 20*kib).as(bulk), 0, 20 * kib, 3, true},
		{"its records have room", sealed(0, 2, 20*kib, 20*kib).as(bulk), 8 * kib, 0, 3, true},
		{"both have room", sealed(0, 2, 20*kib, 20*kib).as(bulk), 8 * kib, 20 * kib, 1, true},
		{"one has, and no slot may be taken", sealed(0, 2, 20*kib, 20*kib).as(bulk), 8 * kib, 0, 2, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			found := []Segment{c.g}
			for n := range uint32(c.available) {
				found = append(found, Segment{Slot: 1 + n})
			}
			table, _ := tableOf(t, flash.Recycle, int64(len(found)), found...)
			w := table.Writer()
			w.SetColdBulk(c.coldBulk)
			s := table.lock()
			s.coldLog = c.coldLog
			table.mu.Unlock()
			if _, ok := table.Cleaning().VictimBytes(nil); ok != c.want {
				t.Errorf("%v, want %v", ok, c.want)
			}
		})
	}
}

// TestColdReserve: what is moved leaves one slot alone when the hot segment holds no mail, two
// otherwise.
func TestColdReserve(t *testing.T) {
	table, _ := tableOf(t, flash.Recycle, 8)
	w, c := table.Writer(), table.Cleaning()
	if got := c.ColdReserve(); got != 2 {
		t.Errorf("without a hot segment: %d", got)
	}
	n, _, err := w.Take(0)
	if err != nil {
		t.Fatal(err)
	}
	w.Begin(format.Header{Class: format.ClassLog, Segment: 1, Slot: n})
	w.Grew(n, 2, 100, 60_000)
	if got := c.ColdReserve(); got != 1 {
		t.Errorf("a hot segment of tombstones: %d", got)
	}
	w.Count(n, 1, 100, 100)
	if got := c.ColdReserve(); got != 2 {
		t.Errorf("a hot segment with mail: %d", got)
	}
}

// those that moving mail would free counted.
func TestRoom(t *testing.T) {
	const kib = 1 << 10
	size := int64(format.MinSlotSize)
	var full []Segment
	for n := range uint32(8) {
		full = append(full, sealed(n, 5, 50*kib, 50*kib))
	}
	table, _ := tableOf(t, flash.Recycle, 8, full[:5]...)
	if err := table.Room(1000, 0); !errors.Is(err, ErrFull) {
		t.Errorf("three slots are left, which mail leaves alone: %v", err)
	}
	table, _ = tableOf(t, flash.Recycle, 8, full[:4]...)
	if err := table.Room(1000, 0); err != nil {
		t.Errorf("four slots are left: %v", err)
	}
	if err := table.Room(1000, 1); !errors.Is(err, ErrFull) {
		t.Errorf("and the mail takes one of its own: %v", err)
	}
	if spare, want := table.Spare(), 8*size/100*FullPercent-4*50*kib; spare != want || table.Live() != 4*50*kib {
		t.Errorf("%d bytes fit in, want %d", spare, want)
	}
	if err := table.Room(table.Spare()+1, 0); !errors.Is(err, ErrFull) {
		t.Errorf("more than 80 %%: %v", err)
	}
	thin := append(slices.Clone(full[:4]), sealed(4, 1, 5*kib, 50*kib))
	table, _ = tableOf(t, flash.Recycle, 8, thin...)
	if err := table.Room(1000, 0); err != nil {
		t.Errorf("moving mail would free a slot: %v", err)
	}
	thin[4] = sealed(4, 0, 0, 50*kib)
	table, _ = tableOf(t, flash.Recycle, 8, thin...)
	if err := table.Room(1000, 0); err != nil {
		t.Errorf("retiring would free a slot: %v", err)
	}
}

// has some; slots that exist can be taken.
func TestFullFileSystem(t *testing.T) {
	f := &format.Format{SlotSize: format.MinSlotSize}
	dev := flashtest.New(flashtest.Options{Capacity: 2 * f.SlotSize})
	table := New(Options{Volume: dev, Format: f, Capacity: 8 * f.SlotSize, Wake: func() {}}, nil)
	t.Cleanup(table.Close)
	w := table.Writer()
	if n := table.Probe().Available(); n != 2 {
		t.Errorf("%d slots are available, the file system has room for 2", n)
	}
	for range 2 {
		if _, _, err := w.Take(0); err != nil {
			t.Fatal(err)
		}
	}
	if _, _, err := w.Take(0); !errors.Is(err, ErrFull) {
		t.Errorf("%v, want %v", err, ErrFull)
	}
	w.GiveBack(1)
	if n, _, err := w.Take(0); err != nil || n != 1 {
		t.Errorf("slot %d, %v: one that exists can be taken", n, err)
	}
	if st := table.Stats(); st.Faults != 0 {
		t.Errorf("a full file system counts as a fault: %v", st.LastFault)
	}
}
