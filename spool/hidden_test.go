package spool

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"pillarbox/spool/index"
	"pillarbox/spool/slots"

	"pillarbox/spool/format"

	"pillarbox/spool/flash/flashtest"
)

// hiddenSpool returns a spool in which some messages of mailbox 2 are hidden.
func hiddenSpool(t *testing.T, prepare func(s *Spool)) *Spool {
	t.Helper()
	dev := flashtest.New(flashtest.Options{Capacity: 64 << 20})
	opt := Options{Volume: dev, Capacity: 2 << 20, SlotSize: 64 << 10, MailboxShare: 100}
	s, err := Open(context.Background(), opt)
	must(t, err)
	prepare(s)
	must(t, s.Close())
	opt.LoadBytes = index.EntryBytes * 300
	s, err = Open(context.Background(), opt)
	must(t, err)
	t.Cleanup(func() { s.Close() })
	return s
}

// TestLabelsOfHiddenMailStay: Maintain ends although segments that hold labels alone are kept.
func TestLabelsOfHiddenMailStay(t *testing.T) {
	s := hiddenSpool(t, func(s *Spool) {
		putMany(t, s, 2, 5000)
		for i := range 3 {
			must(t, deliver(s, mail(fmt.Sprint("short-lived ", i), 12_000), 3))
		}
		updateView(t, s, 2, Change{Marks: []Mark{{"kept", 7, only(1)}}})
		must(t, sealHot(s))
		must(t, expungeAll(s, 3, none))
		for i := 0; s.Stats().FreeSlots > slots.Reserved; i++ {
			if err := deliver(s, mail(fmt.Sprint("long-lived ", i), 15_000), 4); err != nil {
				break
			}
		}
	})
	if st := s.Stats(); st.Hidden == 0 || st.FreeSlots > slots.Reserved+1 {
		t.Fatalf("%+v", st)
	}
	ctx, cancel := context.WithTimeout(context.Background(), 3*time.Second)
	defer cancel()
	if err := s.Maintain(ctx); err != nil {
		t.Errorf("Maintain: %v", err)
	}
}

// TestInheritedTombstonesStay: what tombstones out of retired segments name does not come back when
// hidden messages appear.
func TestInheritedTombstonesStay(t *testing.T) {
	s := hiddenSpool(t, func(s *Spool) {
		putMany(t, s, 1, 10)
		putMany(t, s, 2, 5000)
	})
	if s.Stats().Hidden == 0 {
		t.Fatal("nothing is hidden")
	}
	// As it is left after a start that found damage.
	first := boxOf(s, 1).Entries.At(0)
	g := format.TombstoneSet{Key: 1, Segment: s.table.Segment(uint32(first.Slot)), Epoch: first.Epoch, Tag: s.index.Tag(first.Epoch), Seqs: []uint32{first.Seq}}
	s.log.Probe().SetInherited([]format.TombstoneSet{g})
	s.index.Update(nil, func(d *index.Data) { d.Apply(g, 0) })
	// As it is when all that can be seen of a mailbox was expunged by such tombstones, or memory is
	// there.
	s.opt.LoadBytes = 1 << 30
	s.index.Probe().SetLoaded(1 << 30)
	if got := len(contents(t, s, 1)); got != 9 {
		t.Fatalf("%d messages before", got)
	}
	must(t, s.Maintain(context.Background()))
	if s.Stats().Hidden != 0 {
		t.Fatal("messages are still hidden")
	}
	if got := len(contents(t, s, 1)); got != 9 {
		t.Errorf("%d messages after hidden ones appeared, want 9", got)
	}
	recount(t, s)
}

// TestHoldThatUsesUpTheSlots: deletes while the spool is held use up the slots; when it is
// released, all goes on.
func TestHoldThatUsesUpTheSlots(t *testing.T) {
	dev := flashtest.New(flashtest.Options{Capacity: 64 << 20})
	opt := Options{Volume: dev, Capacity: 1 << 20, SlotSize: 64 << 10, MailboxShare: 100}
	s, err := Open(context.Background(), opt)
	must(t, err)
	defer func() { s.Close() }()
	putMany(t, s, 1, 600)
	for i := 0; ; i++ {
		if err := deliver(s, mail(fmt.Sprint("m ", i), 15_000), 2); errors.Is(err, ErrFull) {
			break
		}
	}
	h := s.Hold()
	n := 0
	for ; ; n++ {
		err = expungeAll(s, 1, func(n int) bool { return n > 1 })
		if err != nil {
			break
		}
		if n == 500 {
			break
		}
	}
	if n < 500 {
		t.Errorf("%d deletes, then %v; %+v", n, err, s.Stats())
	}
	if err := h.Release(); !errors.Is(err, ErrHurried) {
		t.Errorf("Release: %v", err)
	}
	if err := s.Maintain(context.Background()); err != nil {
		t.Errorf("Maintain: %v", err)
	}
	if err := expungeAll(s, 1, func(n int) bool { return n > 1 }); err != nil {
		t.Errorf("a delete after the hold: %v %+v", err, s.Stats())
	}
	must(t, s.Close())
	s, err = Open(context.Background(), opt)
	must(t, err)
	if err := s.Maintain(context.Background()); err != nil {
		t.Errorf("Maintain: %v", err)
	}
	if err := expungeAll(s, 1, func(n int) bool { return n > 1 }); err != nil {
		t.Errorf("a delete after a restart: %v %+v", err, s.Stats())
	}
}

// TestMovedMailStaysVisible: mail that was moved lies in two segments, and is not hidden for that
// when the index is made again, nor by a restart. A session that lists it may delete it.
func TestMovedMailStaysVisible(t *testing.T) {
	for _, restart := range []bool{false, true} {
		t.Run(fmt.Sprint("restart ", restart), func(t *testing.T) { movedStaysVisible(t, restart) })
	}
}

func movedStaysVisible(t *testing.T, restart bool) {
	dev := flashtest.New(flashtest.Options{Capacity: 64 << 20})
	opt := Options{Volume: dev, Capacity: 8 << 20, SlotSize: 64 << 10, MailboxShare: 100, CopyTime: time.Hour}
	reopen := func() *Spool {
		s, err := Open(context.Background(), opt)
		must(t, err)
		return s
	}
	s := reopen()
	putMany(t, s, 1, 200)
	must(t, sealHot(s))
	putMany(t, s, 2, 5000)
	must(t, sealHot(s))
	must(t, s.Close())
	s = reopen()
	putMany(t, s, 1, 200)
	must(t, sealHot(s))
	must(t, s.Close())

	opt.LoadBytes = index.EntryBytes * 1000
	s = reopen()
	v, err := s.View(1)
	must(t, err)
	if v.Len() != 400 || s.Stats().Hidden == 0 {
		t.Fatalf("%d messages, %+v", v.Len(), s.Stats())
	}
	for _, g := range s.table.Segments() {
		if !g.Dead() && g.Live == 0 || g.Stuck || !g.Sealed || !g.Header.Class.IsLog() {
			continue
		}
		must(t, s.log.Probe().Empty(g))
	}
	if restart {
		must(t, v.Close())
		must(t, s.Close())
		s = reopen()
		v, err = s.View(1)
		must(t, err)
	} else {
		must(t, expungeAll(s, 2, none))
		must(t, s.Maintain(context.Background()))
	}
	if got := len(contents(t, s, 1)); got != 400 {
		t.Errorf("%d messages can be seen, want 400", got)
	}
	must(t, v.Expunge(context.Background(), func(yield func(int) bool) {
		for n := 1; n <= v.Len() && yield(n); n++ {
		}
	}))
	must(t, v.Close())
	must(t, s.Close())
	opt.LoadBytes = 0
	s = reopen()
	defer s.Close()
	if got := len(contents(t, s, 1)); got != 0 {
		t.Errorf("%d messages are back that were deleted", got)
	}
}
