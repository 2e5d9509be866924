package spool

import (
	"context"
	"errors"
	"testing"

	"pillarbox/spool/flash"
	"pillarbox/spool/flash/flashtest"
	"pillarbox/spool/index"
)

// TestPinFollowsAMove: between looking at the index and pinning the slot a message is moved, and
// its old slot is used again. The message must be read where it is now.
func TestPinFollowsAMove(t *testing.T) {
	s := open(t, flashtest.New(flashtest.Options{}))
	defer s.Close()
	must(t, deliver(s, mail("moved", 300), 1))
	v, err := s.View(1)
	must(t, err)
	defer v.Close()
	entry := v.rows.At(0)
	stale := s.index.Locate(1, entry)
	segment := s.table.Segment(uint32(stale.Slot))
	must(t, moves(1).do(s))
	for i := 0; s.table.Segment(uint32(stale.Slot)) == segment; i++ {
		if i == 1000 {
			t.Fatal("the old slot is never used again: the test shows nothing")
		}
		must(t, errors.Join(deliver(s, mail("churn", 11_000), 3), expungeAll(s, 3, none)))
	}
	at, file, _, err := v.pinFound(entry, stale)
	must(t, err)
	m, err := s.reader.Open(at, file)
	if err != nil {
		t.Fatalf("a message that was moved while it was looked for: %v", err)
	}
	m.Close()
}

// TestPinAsksAgainWhenTheSlotIsGone: the file of the slot that a message was moved out of may be
// removed before it is pinned.
func TestPinAsksAgainWhenTheSlotIsGone(t *testing.T) {
	s := open(t, flashtest.New(flashtest.Options{}))
	defer s.Close()
	must(t, deliver(s, mail("moved", 300), 1))
	v, err := s.View(1)
	must(t, err)
	defer v.Close()
	entry := v.rows.At(0)
	stale := s.index.Locate(1, entry)
	stale.Move(index.Location{Slot: 999, Offset: 512}) // which there is not
	at, _, found, err := v.pinFound(entry, stale)
	if err != nil || !found.Lives || at.Location() != entry.Location() {
		t.Fatalf("%+v, %v", at, err)
	}
	s.table.Unpin(uint32(at.Slot))
}

// TestExtentsFollowAMove: a message is moved while its record is read, and the slot of its extents
// is used again before that is pinned.
func TestExtentsFollowAMove(t *testing.T) {
	vol := &beforeVolume{Volume: flashtest.New(flashtest.Options{})}
	s := open(t, vol)
	defer s.Close()
	must(t, deliver(s, mail("large", 40_000), 1))
	v, err := s.View(1)
	must(t, err)
	defer v.Close()
	e := recordAt(s, v.rows.At(0).Location()).Extents[0]
	s.log.Probe().SealBulk()
	moved := false
	vol.before = func() {
		moved = true
		must(t, s.log.Probe().Empty(slotOf(s, e.Slot)))
		for i := 0; s.table.Segment(e.Slot) == e.Segment; i++ {
			if i == 1000 {
				t.Fatal("the old slot is never used again: the test shows nothing")
			}
			must(t, errors.Join(deliver(s, mail("churn", 40_000), 3), expungeAll(s, 3, none)))
		}
	}
	body, _, err := readMessage(v, 1)
	if err != nil || body != own(1, mail("large", 40_000)) || !moved {
		t.Errorf("%d bytes, %v; it was moved meanwhile: %v", len(body), err, moved)
	}
	if n := s.Stats().Damaged; n > 0 {
		t.Errorf("%d are damaged", n)
	}
}

// A beforeVolume does something before the next read.
type beforeVolume struct {
	flash.Volume
	before func()
}

func (v *beforeVolume) Open(name string) (flash.File, error) {
	f, err := v.Volume.Open(name)
	return beforeFile{f, v}, err
}

func (v *beforeVolume) Create(name string, size int64) (flash.File, error) {
	f, err := v.Volume.Create(name, size)
	return beforeFile{f, v}, err
}

type beforeFile struct {
	flash.File
	volume *beforeVolume
}

func (f beforeFile) ReadAt(p []byte, off int64) (int, error) {
	if before := f.volume.before; before != nil {
		f.volume.before = nil
		before()
	}
	return f.File.ReadAt(p, off)
}

// TestVerifyReleasesItsViews: also when it is interrupted.
func TestVerifyReleasesItsViews(t *testing.T) {
	s := open(t, flashtest.New(flashtest.Options{}))
	defer s.Close()
	must(t, errors.Join(deliver(s, mail("one", 300), 1), deliver(s, mail("two", 300), 1)))
	ctx, cancel := context.WithCancel(t.Context())
	_, err := s.Verify(ctx, func(done, total int) { cancel() })
	if !errors.Is(err, context.Canceled) {
		t.Errorf("%v, want %v", err, context.Canceled)
	}
	if n := boxOf(s, 1).Views; n != 0 {
		t.Errorf("%d views are open", n)
	}
}

// TestScrubLeavesOldSegmentsAlone: the files of segments that were written long ago are not opened
// after a start.
func TestScrubLeavesOldSegmentsAlone(t *testing.T) {
	dev := flashtest.New(flashtest.Options{})
	opt := options(dev)
	opt.Capacity = 80 * testSlot // more than files stay open
	s, err := Open(t.Context(), opt)
	must(t, err)
	for s.table.Newest() < 50 {
		must(t, deliver(s, mail("m", 11_000), 1))
	}
	must(t, s.Close())
	vol := &openedVolume{Volume: dev}
	opt.Volume = vol
	s, err = Open(t.Context(), opt)
	must(t, err)
	defer s.Close()
	vol.opens = 0
	must(t, s.scrub(t.Context()))
	if vol.opens > 2*scrubSegments {
		t.Errorf("%d files were opened for %d segments", vol.opens, scrubSegments)
	}
}

// An openedVolume counts the files that are opened.
type openedVolume struct {
	flash.Volume
	opens int
}

func (v *openedVolume) Open(name string) (flash.File, error) {
	v.opens++
	return v.Volume.Open(name)
}
