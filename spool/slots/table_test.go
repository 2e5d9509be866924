package slots

import (
	"errors"
	"runtime"
	"sync"
	"testing"
	"time"

	"pillarbox/spool/flash"
	"pillarbox/spool/flash/flashtest"
	"pillarbox/spool/format"
)

// A table of slots 0 and 1: a log segment that counts, and a retired one.
func newTable(t *testing.T, change func(flash.Volume) flash.Volume) *Table {
	t.Helper()
	f := &format.Format{SlotSize: format.MinSlotSize}
	vol := flash.Volume(flashtest.New(flashtest.Options{}))
	for n := range uint32(2) {
		file, err := vol.Create(Name(n), f.SlotSize)
		if err != nil {
			t.Fatal(err)
		}
		file.Close()
	}
	if change != nil {
		vol = change(vol)
	}
	table := New(Options{Volume: vol, Format: f, Capacity: 8 * f.SlotSize, Wake: func() {}}, []Segment{
		{Slot: 0, Header: format.Header{Class: format.ClassLog, Segment: 7}, Sealed: true, Live: 1, Bytes: 500},
		{Slot: 1, Header: format.Header{Class: format.ClassLog, Segment: 6}, Sealed: true, Retired: true},
	})
	t.Cleanup(table.Close)
	return table
}

// An openVolume does something before a file is opened, and counts.
type openVolume struct {
	flash.Volume
	mu     sync.Mutex
	opens  int
	before func() error
}

func (v *openVolume) Open(name string) (flash.File, error) {
	v.mu.Lock()
	v.opens++
	v.mu.Unlock()
	if v.before != nil {
		if err := v.before(); err != nil {
			return nil, err
		}
	}
	return v.Volume.Open(name)
}

// TestPinKeepsASegment: a slot that is pinned is not free, and one that holds another segment is
// not pinned.
func TestPinKeepsASegment(t *testing.T) {
	table := newTable(t, nil)
	if _, err := table.PinSegment(1, 5); !errors.Is(err, format.ErrUnreadable) {
		t.Errorf("a slot with another segment: %v, want %v", err, format.ErrUnreadable)
	}
	if n := table.Probe().Existing(); n != 1 {
		t.Fatalf("%d slots are free, want 1", n)
	}
	if _, err := table.PinSegment(1, 6); err != nil {
		t.Fatal(err)
	}
	if n := table.Probe().Existing(); n != 0 {
		t.Errorf("%d slots are free while one is pinned, want 0", n)
	}
	table.Unpin(1)
	if n := table.Probe().Existing(); n != 1 {
		t.Errorf("%d slots are free after it, want 1", n)
	}
}

// TestFailedOpenReleases: a slot whose file cannot be opened is not kept pinned.
func TestFailedOpenReleases(t *testing.T) {
	bad := errors.New("no such luck")
	table := newTable(t, func(v flash.Volume) flash.Volume {
		return &openVolume{Volume: v, before: func() error { return bad }}
	})
	if _, _, err := table.Pin(1); !errors.Is(err, bad) {
		t.Errorf("%v, want %v", err, bad)
	}
	if n := table.Probe().Existing(); n != 1 {
		t.Errorf("%d slots are free, want 1", n)
	}
}

// TestReadersOpenAFileOnce: of readers that pin a slot at the same time one opens the file, and one
// of another slot does not wait for it.
func TestReadersOpenAFileOnce(t *testing.T) {
	var vol *openVolume
	inside, release := make(chan bool, 10), make(chan bool)
	table := newTable(t, func(v flash.Volume) flash.Volume {
		vol = &openVolume{Volume: v}
		return vol
	})
	if _, _, err := table.Pin(1); err != nil { // which is open from now on
		t.Fatal(err)
	}
	vol.opens = 0
	vol.before = func() error {
		inside <- true
		<-release
		return nil
	}
	var wait sync.WaitGroup
	for range 4 {
		wait.Add(1)
		go func() {
			defer wait.Done()
			if _, _, err := table.Pin(0); err != nil {
				t.Error(err)
			}
		}()
	}
	<-inside
	if _, _, err := table.Pin(1); err != nil { // or this hangs
		t.Error(err)
	}
	for deadline := time.Now().Add(time.Minute); table.Probe().Pins(0) < 4; runtime.Gosched() {
		if time.Now().After(deadline) {
			t.Fatal("the readers do not come")
		}
	}
	close(release)
	wait.Wait()
	if vol.opens != 1 {
		t.Errorf("the file was opened %d times, want once", vol.opens)
	}
}

// TestCloseWhileAFileIsOpened: the file is closed, and the reader gets ErrClosed.
func TestCloseWhileAFileIsOpened(t *testing.T) {
	var table *Table
	var dev *flashtest.Device
	table = newTable(t, func(v flash.Volume) flash.Volume {
		dev = v.(*flashtest.Device)
		return &openVolume{Volume: v, before: func() error { table.Close(); return nil }}
	})
	if _, _, err := table.Pin(0); !errors.Is(err, ErrClosed) {
		t.Errorf("%v, want %v", err, ErrClosed)
	}
	if n := dev.Handles(); n != 0 {
		t.Errorf("%d files are open", n)
	}
}

// TestRoomForMail: the reserve counts slots that exist and those that the capacity allows; bytes on
// their way count as if they lived.
func TestRoomForMail(t *testing.T) {
	table := newTable(t, nil)
	size := int64(format.MinSlotSize)
	if err := table.Room(1000, 0); err != nil {
		t.Errorf("an empty spool: %v", err)
	}
	if err := table.Room(1000, 4); !errors.Is(err, ErrFull) { // 7 slots are free, 3 are reserved
		t.Errorf("mail that takes 4 slots of its own: %v, want %v", err, ErrFull)
	}
	if err := table.Claim(6 * size); err != nil {
		t.Fatal(err)
	}
	if err := table.Room(size, 0); !errors.Is(err, ErrFull) {
		t.Errorf("beside 6 slots of mail on its way: %v, want %v", err, ErrFull)
	}
	table.Unclaim(6 * size)
	if err := table.Room(size, 0); err != nil {
		t.Errorf("when it was aborted: %v", err)
	}
}

// TestHoldKeepsSegments: nothing is dead during a hold, and Hurry ends that.
func TestHoldKeepsSegments(t *testing.T) {
	table := newTable(t, nil)
	w, c := table.Writer(), table.Cleaning()
	w.Count(0, -1, -500, 0)
	if got := c.Dead(); len(got) != 1 || got[0].Segment != 7 {
		t.Fatalf("%+v is dead, want segment 7", got)
	}
	table.Hold()
	if got := c.Dead(); len(got) != 0 {
		t.Errorf("%+v is dead during a hold", got)
	}
	if !c.Hurry(false) || len(c.Dead()) != 1 {
		t.Error("it is not dead when the room is needed")
	}
	if err := table.Release(); !errors.Is(err, ErrHurried) {
		t.Errorf("%v, want %v", err, ErrHurried)
	}
}
