package slots

import (
	"errors"
	"runtime"
	"sync/atomic"
	"testing"

	"pillarbox/spool/flash"
	"pillarbox/spool/flash/flashtest"
	"pillarbox/spool/format"
)

// newTight returns a table of two slots that hold nothing alive, on a file system that is tight,
// where slots grow. There may be no other slot.
func newTight(t *testing.T) (*Table, *removeVolume) {
	t.Helper()
	f := &format.Format{SlotSize: format.MinSlotSize}
	vol := &removeVolume{Volume: flashtest.New(flashtest.Options{Mode: flash.Append, Capacity: 2 * f.SlotSize})}
	var found []Segment
	for n := range uint32(2) {
		file, err := vol.Create(Name(n), f.SlotSize)
		if err != nil {
			t.Fatal(err)
		}
		file.Close()
		h := format.Header{Class: format.ClassLog, Segment: uint64(n + 1)}
		found = append(found, Segment{Slot: n, Header: h, Sealed: true, Retired: true})
	}
	table := New(Options{Volume: vol, Format: f, Capacity: 2 * f.SlotSize, Wake: func() {}}, found)
	t.Cleanup(table.Close)
	return table, vol
}

// A removeVolume does something before the first file is removed, and counts how often it is asked
// what is free.
type removeVolume struct {
	flash.Volume
	before func()
	asked  atomic.Int32
}

func (v *removeVolume) Remove(name string) error {
	if before := v.before; before != nil {
		v.before = nil
		before()
	}
	return v.Volume.Remove(name)
}

func (v *removeVolume) Free() (int64, error) {
	v.asked.Add(1)
	return v.Volume.Free()
}

// TestShedLeavesAReaderAlone: a slot that is to be removed and that a reader pins before it is, is
// kept with its file.
func TestShedLeavesAReaderAlone(t *testing.T) {
	table, vol := newTight(t)
	var file flash.File
	vol.before = func() { // the other one's file is removed now
		var err error
		if file, _, err = table.Pin(1); err != nil {
			t.Error(err)
		}
	}
	table.Shed()
	if file == nil {
		t.Fatal("nothing is removed: the test shows nothing")
	}
	if err := file.Sync(); err != nil {
		t.Errorf("the reader's file: %v", err)
	}
	table.Unpin(1)
	table.Shed()
	if names, err := vol.Names(); err != nil || len(names) > 0 {
		t.Errorf("when it is read %q are left, %v", names, err)
	}
	if st := table.Stats(); st.Faults > 0 {
		t.Errorf("%v", st.LastFault)
	}
}

// TestTakenSlotIsNotRead: a slot that is being written over, and whose segment has not begun,
// cannot be pinned to read what was in it. When it is given back it can.
func TestTakenSlotIsNotRead(t *testing.T) {
	for _, c := range []struct {
		name string
		end  func(w Writer, n uint32)
		want error
	}{
		{"begun", func(w Writer, n uint32) { w.Begin(format.Header{Slot: n, Segment: 2}) }, nil},
		{"given back", Writer.GiveBack, nil},
		{"abandoned", func(w Writer, n uint32) { w.Abandon(n, 3) }, nil},
		{"not yet", func(Writer, uint32) {}, format.ErrUnreadable},
	} {
		table := newTable(t, nil)
		w := table.Writer()
		n, _, err := w.Take(6)
		if err != nil {
			t.Fatal(err)
		}
		if _, _, err := table.Pin(n); !errors.Is(err, format.ErrUnreadable) {
			t.Errorf("a slot that was taken: %v, want %v", err, format.ErrUnreadable)
		}
		c.end(w, n)
		if _, _, err := table.Pin(n); !errors.Is(err, c.want) {
			t.Errorf("%s: %v, want %v", c.name, err, c.want)
		}
	}
}

// TestFailedTakeReleases: a slot whose file cannot be opened is neither pinned nor taken.
func TestFailedTakeReleases(t *testing.T) {
	bad := errors.New("no such luck")
	vol := &openVolume{before: func() error { return bad }}
	table := newTable(t, func(v flash.Volume) flash.Volume {
		vol.Volume = v
		return vol
	})
	table.opt.Capacity = 2 * format.MinSlotSize // so that slot 1 is taken
	if n, _, err := table.Writer().Take(0); !errors.Is(err, bad) {
		t.Fatalf("slot %d: %v, want %v", n, err, bad)
	}
	if n := table.Probe().Existing(); n != 1 {
		t.Errorf("%d slots are free, want 1", n)
	}
	vol.before = nil
	if _, _, err := table.Pin(1); err != nil {
		t.Error(err)
	}
}

// TestTakeWaitsForShed: while every slot is being removed there is none to take, and soon there is.
func TestTakeWaitsForShed(t *testing.T) {
	table, vol := newTight(t)
	taken := make(chan error, 1)
	vol.before = func() {
		before := vol.asked.Load()
		go func() {
			_, _, err := table.Writer().Take(0)
			taken <- err
		}()
		for vol.asked.Load() < before+2 { // it has looked, and looked again for one that there is
			runtime.Gosched()
		}
		for range 1000 {
			runtime.Gosched()
		}
	}
	table.Shed()
	if err := <-taken; err != nil {
		t.Error(err)
	}
}
