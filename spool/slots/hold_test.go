package slots

import (
	"errors"
	"runtime"
	"testing"
	"time"

	"pillarbox/spool/flash"
	"pillarbox/spool/flash/flashtest"
	"pillarbox/spool/format"
)

// waitFor waits until something has happened in another goroutine.
func waitFor(t *testing.T, what string, happened func() bool) {
	t.Helper()
	for deadline := time.Now().Add(time.Minute); !happened(); runtime.Gosched() {
		if time.Now().After(deadline) {
			t.Fatalf("%s does not happen", what)
		}
	}
}

// TestGrowStopsForAHold: Grow has chosen a slot when a hold begins, and makes no file for it: the
// hold may have returned by then.
func TestGrowStopsForAHold(t *testing.T) {
	table := newTable(t, nil)
	before := files(t, table)
	table.making.Lock() // another file is being made
	grown := make(chan error, 1)
	go func() { grown <- table.Grow(t.Context()) }()
	waitFor(t, "a slot is chosen", func() bool {
		s := table.lock()
		defer table.mu.Unlock()
		return len(s.slots) > 2 && s.slots[2] != nil && s.slots[2].pins == 1
	})
	began := make(chan bool)
	go func() {
		table.Hold()
		close(began)
	}()
	waitFor(t, "the hold", table.Held)
	table.making.Unlock()
	<-began
	if err := <-grown; err != nil {
		t.Errorf("Grow: %v", err)
	}
	if n := files(t, table); n != before {
		t.Errorf("%d files, %d before the hold", n, before)
	}
	if n := table.Probe().Pins(2); n != 0 {
		t.Errorf("the slot that was chosen is pinned %d times", n)
	}
	if err := table.Release(); err != nil {
		t.Error(err)
	}
	if err := table.Grow(t.Context()); err != nil || files(t, table) <= before {
		t.Errorf("after the hold: %v, %d files", err, files(t, table))
	}
}

// TestHoldWaitsForAFile: a hold that begins while a file is being made returns when it is made.
func TestHoldWaitsForAFile(t *testing.T) {
	inside, release := make(chan bool), make(chan bool)
	table := newTable(t, func(v flash.Volume) flash.Volume {
		return &createVolume{Volume: v, before: func() {
			close(inside)
			<-release
		}}
	})
	taken := make(chan error, 1)
	go func() {
		_, _, err := table.Writer().Take(6)
		taken <- err
	}()
	<-inside
	began := make(chan int, 1)
	go func() {
		table.Hold()
		began <- files(t, table)
	}()
	waitFor(t, "the hold", table.Held)
	if len(began) > 0 {
		t.Error("the hold does not wait")
	}
	close(release)
	if n := <-began; n != 3 {
		t.Errorf("%d files when the hold returns, want 3", n)
	}
	if err := <-taken; err != nil {
		t.Error(err)
	}
}

// A createVolume does something before the first file is made.
type createVolume struct {
	flash.Volume
	before func()
}

func (v *createVolume) Create(name string, size int64) (flash.File, error) {
	if before := v.before; before != nil {
		v.before = nil
		before()
	}
	return v.Volume.Create(name, size)
}

// files counts the files of a table.
func files(t *testing.T, table *Table) int {
	t.Helper()
	names, err := table.opt.Volume.Names()
	if err != nil {
		t.Error(err)
	}
	return len(names)
}

// newGrowing returns a table where slots grow: slot 0 was retired long ago. The capacity allows
// that many slots, and the device has room for as many.
func newGrowing(t *testing.T, capacity int64) (*Table, *flashtest.Device) {
	t.Helper()
	f := &format.Format{SlotSize: format.MinSlotSize}
	dev := flashtest.New(flashtest.Options{Mode: flash.Append, Capacity: (capacity + Reserved) * f.SlotSize})
	file, err := dev.Create(Name(0), f.SlotSize)
	if err != nil {
		t.Fatal(err)
	}
	file.Close()
	h := format.Header{Class: format.ClassLog, Segment: 1}
	table := New(Options{Volume: dev, Format: f, Capacity: capacity * f.SlotSize, Wake: func() {}},
		[]Segment{{Slot: 0, Header: h, Sealed: true, Retired: true}})
	t.Cleanup(table.Close)
	return table, dev
}

// TestHoldRemovesNoFile: where slots grow, one that is used again loses its file. During a hold
// another one is made as long as the capacity allows that; when it does not, the room is needed and
// the hold is not kept.
func TestHoldRemovesNoFile(t *testing.T) {
	for _, c := range []struct {
		name     string
		capacity int64
		hold     bool
		want     uint32
		removes  int
		err      error
	}{
		{"no hold", 4, false, 0, 1, nil},
		{"a hold, and another slot may be made", 4, true, 1, 0, nil},
		{"a hold, and no other slot may be made", 1, true, 0, 1, ErrHurried},
	} {
		t.Run(c.name, func(t *testing.T) {
			table, dev := newGrowing(t, c.capacity)
			if c.hold {
				table.Hold()
			}
			n, _, err := table.Writer().Take(0)
			if err != nil || n != c.want {
				t.Errorf("slot %d is taken (%v), want %d", n, err, c.want)
			}
			if removes := dev.Stats().Removes; removes != c.removes {
				t.Errorf("%d files were removed, want %d", removes, c.removes)
			}
			if !c.hold {
				return
			}
			if err := table.Release(); !errors.Is(err, c.err) {
				t.Errorf("Release: %v, want %v", err, c.err)
			}
		})
	}
}

// TestShedBreaksAHold: deletes need the room of dead files more than a copy does, which then is to
// be made again.
func TestShedBreaksAHold(t *testing.T) {
	table, vol := newTight(t)
	table.Hold()
	table.Shed()
	if names, err := vol.Names(); err != nil || len(names) > 0 {
		t.Errorf("%q are left, %v", names, err)
	}
	if err := table.Release(); !errors.Is(err, ErrHurried) {
		t.Errorf("Release: %v, want %v", err, ErrHurried)
	}
	table.Hold() // nothing is left to shed
	table.Shed()
	if err := table.Release(); err != nil {
		t.Errorf("Release of a hold that nothing broke: %v", err)
	}
}

// TestReserveOldStopsForAHold: the room of old slots is not reserved while a copy is made.
func TestReserveOldStopsForAHold(t *testing.T) {
	table, dev := newGrowing(t, 4)
	table.Load([]Segment{{Slot: 0}}) // without a segment: deletes will be written there
	free := func() int64 {
		n, err := dev.Free()
		if err != nil {
			t.Fatal(err)
		}
		return n
	}
	before := free()
	table.Hold()
	if err := table.ReserveOld(); err != nil || free() != before {
		t.Errorf("during a hold: %v, %d bytes are free, %d before", err, free(), before)
	}
	if err := table.Release(); err != nil {
		t.Error(err)
	}
	if err := table.ReserveOld(); err != nil || free() == before {
		t.Errorf("after it: %v, and nothing is reserved", err)
	}
}

// TestHurryAheadKeepsAHold: what is only done ahead of time breaks no hold; without one it may have
// the slots that wait for a copy.
func TestHurryAheadKeepsAHold(t *testing.T) {
	table := newTable(t, nil)
	w, c := table.Writer(), table.Cleaning()
	w.Moved(0)
	w.Count(0, -1, -500, 0)
	table.opt.CopyTime = time.Hour // slot 0 waits for a copy that may be made
	table.Hold()
	if c.Hurry(true) {
		t.Error("what is done ahead of time takes slots that a copy needs")
	}
	if err := table.Release(); err != nil {
		t.Errorf("Release: %v", err)
	}
	if len(c.Dead()) != 0 {
		t.Fatal("the slot does not wait: the test shows nothing")
	}
	if !c.Hurry(true) || len(c.Dead()) != 1 {
		t.Error("without a hold it is not dead after Hurry")
	}
	if n := table.Stats().Hurried; n != 1 {
		t.Errorf("%d slots were hurried, want 1", n)
	}
}
