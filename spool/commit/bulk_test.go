package commit

import (
	"bytes"
	"errors"
	"fmt"
	"hash/crc32"
	"testing"

	"pillarbox/spool/flash"
	"pillarbox/spool/flash/flashtest"
	"pillarbox/spool/format"
	"pillarbox/spool/slots"
)

// piece returns n bytes of a large message, page-aligned with room to the last whole page.
func piece(name byte, n int) []byte {
	p := flash.Aligned((n + flash.Page - 1) &^ (flash.Page - 1))
	for i := range p {
		p[i] = name
	}
	return p[:n]
}

// write puts a large message into extents.
func (s *store) write(w *Extents, pieces ...[]byte) {
	s.t.Helper()
	for _, p := range pieces {
		s.must(w.Write(p))
	}
}

// readExtents returns the bytes of extents, of which each must verify.
func (s *store) readExtents(list []format.Extent) []byte {
	s.t.Helper()
	var all []byte
	for _, e := range list {
		slot := s.dev.Bytes(slots.Name(e.Slot))
		data := slot[int64(e.Page)*flash.Page:][:e.Length]
		if sum := crc32.Update(s.opt.Format.Seed(e.Segment), format.Castagnoli, data); sum != e.Sum {
			s.t.Errorf("extent %+v does not verify", e)
		}
		all = append(all, data...)
	}
	return all
}

// TestExtentsAreJoined: pieces that follow each other are one extent; other deliveries in between,
// and the end of a slot, begin another one. Each is written once, in whole pages.
func TestExtentsAreJoined(t *testing.T) {
	for _, c := range []struct {
		name  string
		sizes []int
		other int // before this piece another delivery writes; 0: none
		want  int // extents
	}{
		{"one piece", []int{5000}, 0, 1},
		{"whole pages and a rest", []int{4096, 8192, 10}, 0, 1},
		{"another delivery in between", []int{4096, 4096}, 1, 2},
		{"more than a slot", []int{40_960, 40_960}, 0, 2},
		{"exactly a slot", []int{15 * 4096}, 0, 1},
		{"a slot and a byte", []int{15*4096 + 1}, 0, 2},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := newStore(t, flash.Recycle, 11)
			w, other := s.log.Extents(), s.log.Extents()
			var want []byte
			for i, n := range c.sizes {
				if c.other > 0 && i == c.other {
					s.write(&other, piece('o', 100))
				}
				p := piece(byte('a'+i), n)
				want = append(want, p...)
				s.write(&w, p)
			}
			if len(w.List) != c.want {
				t.Errorf("%d extents, want %d: %+v", len(w.List), c.want, w.List)
			}
			if !bytes.Equal(s.readExtents(w.List), want) {
				t.Error("they hold something else")
			}
			before := s.dev.Stats().Syncs
			s.must(w.Sync())
			if n := s.dev.Stats().Syncs - before; n != len(w.slots) {
				t.Errorf("%d flushes of %d slots", n, len(w.slots))
			}
			w.End()
			other.End()
		})
	}
}

// TestExtentIsPadded: the last page of an extent is filled up with zeros, whatever was there.
func TestExtentIsPadded(t *testing.T) {
	s := newStore(t, flash.Recycle, 11)
	p := piece('x', flash.Page)[:100] // 'x' up to the end of the page
	w := s.log.Extents()
	s.write(&w, p)
	e := w.List[0]
	page := s.dev.Bytes(slots.Name(e.Slot))[int64(e.Page)*flash.Page:][:flash.Page]
	if page[99] != 'x' || !bytes.Equal(page[100:], make([]byte, flash.Page-100)) {
		t.Errorf("behind the extent lies %q", page[95:105])
	}
	w.End()
}

// TestUnfinishedExtentsKeepTheirSlot: a bulk slot is free when no delivery and no record needs it,
// and it is sealed.
func TestUnfinishedExtentsKeepTheirSlot(t *testing.T) {
	s := newStore(t, flash.Recycle, 11)
	w := s.log.Extents()
	s.write(&w, piece('a', 5000))
	slot := w.List[0].Slot
	s.log.Probe().SealBulk()
	if g := segmentIn(s, slot); !g.Counts() {
		t.Error("the slot was freed while a delivery has an extent in it")
	}
	s.must(w.Sync())
	in := intake("large", 0, 1)
	in.Body, in.Message.Extents = nil, w.List
	s.commit(in)
	w.End()
	if g := segmentIn(s, slot); !g.Counts() || g.Live != 1 {
		t.Errorf("the slot that a record names: %+v", g)
	}
	s.commit(s.expunge(1, 1))
	if g := segmentIn(s, slot); g.Counts() {
		t.Error("the slot was not freed when the message was expunged")
	}
}

func segmentIn(s *store, n uint32) slots.Segment {
	for _, g := range s.table.Segments() {
		if g.Slot == n {
			return g
		}
	}
	return slots.Segment{}
}

// TestFailedFlushPoisons: after a failed flush of a bulk slot no delivery with an extent in it may
// be committed, whichever of them asked for the flush, and the next one begins another slot.
func TestFailedFlushPoisons(t *testing.T) {
	s := newStore(t, flash.Recycle, 11)
	a, b := s.log.Extents(), s.log.Extents()
	s.write(&a, piece('a', 5000))
	s.write(&b, piece('b', 5000))
	if a.List[0].Slot != b.List[0].Slot {
		t.Fatal("they are in two slots: the test shows nothing")
	}
	s.dev.FailAt(s.dev.Ops()+1, errDevice)
	if err := a.Sync(); !errors.Is(err, slots.ErrFault) {
		t.Errorf("the failed flush: %v", err)
	}
	syncs := s.dev.Stats().Syncs
	if err := b.Sync(); !errors.Is(err, slots.ErrFault) {
		t.Errorf("the other delivery: %v, want %v", err, slots.ErrFault)
	}
	if s.dev.Stats().Syncs > syncs {
		t.Error("the pages were flushed again, which proves nothing")
	}
	c := s.log.Extents()
	s.write(&c, piece('c', 5000))
	s.must(c.Sync())
	if c.List[0].Slot == a.List[0].Slot {
		t.Error("the slot is still used")
	}
	a.End()
	b.End()
	c.End()
}

// TestFailedWriteLeavesTheSlot: the slot of a failed write of an extent is left, and the message
// can be written to the next one.
func TestFailedWriteLeavesTheSlot(t *testing.T) {
	s := newStore(t, flash.Recycle, 11)
	w := s.log.Extents()
	s.write(&w, piece('a', 4096))
	s.dev.FailAt(s.dev.Ops()+1, errDevice)
	if err := w.Write(piece('b', 4096)); !errors.Is(err, slots.ErrFault) {
		t.Fatal(err)
	}
	s.write(&w, piece('c', 4096))
	if len(w.List) != 2 || w.List[0].Slot == w.List[1].Slot {
		t.Errorf("extents %+v, want two slots", w.List)
	}
	w.End()
}

// TestHeaderOfABulkSlotIsRefused: a bulk segment whose header cannot be written never begins.
func TestHeaderOfABulkSlotIsRefused(t *testing.T) {
	s := newStore(t, flash.Recycle, 11)
	s.must(s.table.Grow(t.Context()))
	free := s.table.Probe().Available()
	s.dev.FailAt(s.dev.Ops()+1, errDevice)
	w := s.log.Extents()
	if err := w.Write(piece('a', 100)); !errors.Is(err, slots.ErrFault) {
		t.Fatal(err)
	}
	if n := s.table.Probe().Available(); n != free {
		t.Errorf("%d slots are free, %d before", n, free)
	}
	s.log.opt.Rand = bytes.NewReader(nil)
	s.log.opens.drawn = false
	if err := w.Write(piece('a', 100)); err == nil || errors.Is(err, slots.ErrFault) {
		t.Errorf("without random numbers: %v", err)
	}
	if n := s.table.Probe().Available(); n != free {
		t.Errorf("%d slots are free, %d before", n, free)
	}
}

// TestLargeMailLeavesTheReserve: large mail takes the slots that mail may have, and no other one.
func TestLargeMailLeavesTheReserve(t *testing.T) {
	s := newStore(t, flash.Recycle, 8)
	w := s.log.Extents()
	n := 0
	for ; n < 100; n++ {
		if err := w.Write(piece('a', 15*flash.Page)); errors.Is(err, slots.ErrFull) {
			break
		} else if err != nil {
			t.Fatal(err)
		}
	}
	if n != 8-slots.Reserved {
		t.Errorf("%d slots were filled, want %d", n, 8-slots.Reserved)
	}
	w.End()
}

// TestBulkAheadIsRefused: what is moved ahead of time writes and flushes nothing during a hold;
// what needs the room goes on.
func TestBulkAheadIsRefused(t *testing.T) {
	s := newStore(t, flash.Recycle, 11)
	ahead, needed := Extents{bulk: &s.log.moved, ahead: true}, Extents{bulk: &s.log.moved}
	s.write(&ahead, piece('a', 4096))
	s.table.Hold()
	ops := s.dev.Ops()
	if err := ahead.Write(piece('b', 4096)); !errors.Is(err, slots.ErrHeld) {
		t.Errorf("a write: %v, want %v", err, slots.ErrHeld)
	}
	if err := ahead.Sync(); !errors.Is(err, slots.ErrHeld) {
		t.Errorf("a flush: %v, want %v", err, slots.ErrHeld)
	}
	if n := s.dev.Ops() - ops; n > 0 {
		t.Errorf("%d operations", n)
	}
	s.write(&needed, piece('c', 4096))
	s.must(needed.Sync())
	s.must(s.table.Release())
	s.must(ahead.Sync())
	ahead.End()
	needed.End()
}

// TestFullDeviceRefusesLargeMail: where slots grow, large mail leaves the room that deletes need.
func TestFullDeviceRefusesLargeMail(t *testing.T) {
	dev := flashtest.New(flashtest.Options{Mode: flash.Append, Capacity: 5 * testSlot})
	s := newStoreOn(t, dev, 11, nil)
	w := s.log.Extents()
	var err error
	for range 11 {
		if err = w.Write(piece('a', 15*flash.Page)); err != nil {
			break
		}
	}
	if !errors.Is(err, slots.ErrFull) {
		t.Errorf("%v, want %v", err, slots.ErrFull)
	}
	w.End()
	s.commit(&Expunge{Key: 1})
}

// TestStages: a stage has at least the size that was asked for, its memory is used again, and large
// ones end when all deliveries together have enough; the leader always gets one.
func TestStages(t *testing.T) {
	g := &Staging{}
	for _, c := range []struct{ bytes, size int }{
		{1, MinStage}, {MinStage, MinStage}, {MinStage + 1, 64 << 10}, {64<<10 + 1, MaxInline}, {MaxInline, MaxInline},
	} {
		st := g.Take(c.bytes)
		if len(st.Memory) != c.size || g.InUse() != int64(c.size) {
			t.Errorf("%d bytes: a stage of %d, %d in use, want %d", c.bytes, len(st.Memory), g.InUse(), c.size)
		}
		g.GiveBack(st)
	}
	g.GiveBack(nil)
	var taken []*Stage
	for st := g.Take(MaxInline); st != nil; st = g.Take(MaxInline) {
		taken = append(taken, st)
	}
	if len(taken) != maxStaged/MaxInline || g.InUse() != maxStaged {
		t.Errorf("%d stages of %d bytes in use", len(taken), g.InUse())
	}
	small, lent := g.Take(1), g.lend(MaxInline)
	if small == nil || lent == nil {
		t.Fatal("the smallest, or that of the leader, was refused")
	}
	for _, st := range append(taken, small, lent) {
		g.GiveBack(st)
	}
	if n := g.InUse(); n != 0 {
		t.Errorf("%d bytes are in use when all are given back", n)
	}
}

// TestInlineLimit: at least four messages fit a slot beside their records.
func TestInlineLimit(t *testing.T) {
	for slot, want := range map[int64]int64{format.MinSlotSize: 16 << 10, 1 << 20: MaxInline, 4 << 20: MaxInline} {
		if got := InlineLimit(&format.Format{SlotSize: slot}); got != want {
			t.Errorf("slots of %s: %d, want %d", fmt.Sprint(slot), got, want)
		}
	}
}
