package spool

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"syscall"
	"testing"

	"pillarbox/spool/format"

	"pillarbox/spool/flash"
	"pillarbox/spool/flash/flashtest"
)

// faultSteps are what the fault tests do, with a segment sealed and a bulk slot in it.
func faultSteps() []step {
	return []step{
		delivers("one", 400, 1),
		delivers("two", 3000, 2, 1),
		delivers("large", 40_000, 3),
		deletes(1, odd),
		labels(1, 9),
		delivers("a", 11_000, 1),
		delivers("b", 11_000, 2),
		delivers("c", 11_000, 2),
		delivers("d", 11_000, 1, 3),
		delivers("e", 11_000, 1),
		deletes(2, none),
		delivers("last", 100, 2),
	}
}

// TestFaultAtEveryOperation lets each operation fail, once and for good. What was acknowledged
// stays, nothing that was refused is half there, and the spool takes mail again when the fault is
// gone.
func TestFaultAtEveryOperation(t *testing.T) {
	for _, mode := range []flash.Mode{flash.Recycle, flash.Append} {
		for _, fault := range []error{syscall.EIO, syscall.ENOSPC, syscall.EROFS, io.ErrShortWrite} {
			for _, sticky := range []bool{false, true} {
				t.Run(fmt.Sprintf("%v %v sticky=%v", mode, fault, sticky), func(t *testing.T) {
					if testing.Short() && fault != syscall.EIO {
						t.Skip("not with -short")
					}
					c := &crash{t: t, mode: mode, steps: faultSteps()}
					for k := 1; k < 200 && !t.Failed(); k++ {
						if !c.faultAt(k, fault, sticky) {
							return
						}
					}
					t.Error("the steps never ended")
				})
			}
		}
	}
}

// errDevice is the fault of a device that does not say more.
const errDevice = syscall.EIO

// ifGroup returns the step if its parts can have had different fates, else nil.
func (st *step) ifGroup() *step {
	if st.group == nil {
		return nil
	}
	return st
}

// faultAt makes operation k fail; false: the steps have fewer.
func (c *crash) faultAt(k int, fault error, sticky bool) bool {
	t := c.t
	dev := flashtest.New(flashtest.Options{Mode: c.mode})
	plan := dev.FailAt
	if sticky {
		plan = dev.FailFrom
	}
	plan(k, fault)
	s, err := c.open(dev)
	if err != nil {
		dev = dev.Clone()
		dev.Heal()
		if s, err = c.open(dev); err != nil {
			t.Errorf("operation %d: open after the fault: %v", k, err)
			return true
		}
	}
	o := newOracle()
	for i := range c.steps {
		st := &c.steps[i]
		err := st.do(s)
		if err != nil && !errors.Is(err, ErrFault) && !errors.Is(err, ErrFull) {
			t.Errorf("operation %d, %s: %v is not an answer to a fault", k, st.name, err)
		}
		if err == nil {
			if err := o.look(s); err != nil {
				t.Errorf("operation %d, %s: %v", k, st.name, err)
			}
		} else if err := o.compare(s, st.ifGroup(), false); err != nil {
			t.Errorf("operation %d: after a refusal of %s: %v", k, st.name, err)
		} else if st.group != nil {
			if err := o.look(s); err != nil {
				t.Errorf("operation %d, %s: %v", k, st.name, err)
			}
		}
	}
	over := dev.Ops() < k
	dev.Heal()
	err = deliver(s, mail("healed", 200), 1)
	if full := sticky && c.oneDay; full && errors.Is(err, ErrFull) {
		err = expungeAll(s, 1, odd) // until a batch is written those that were refused are in doubt
	}
	if err != nil {
		t.Errorf("operation %d: no mail is taken after the fault: %v", k, err)
	}
	if err := o.look(s); err != nil {
		t.Error(err)
	}
	dev.Cut()
	for title, after := range outcomes(dev, uint64(k), min(6, statesPerCut())) {
		s, err := c.open(after)
		if err != nil {
			t.Errorf("operation %d, %s: open after a power cut: %v", k, title, err)
			continue
		}
		if err := o.clone().check(s, nil); err != nil {
			t.Errorf("operation %d, %s: after a power cut: %v", k, title, err)
		}
	}
	return !over
}

// filled makes a device with sealed and unsealed segments and bulk slots.
func filled(t *testing.T) (*flashtest.Device, *oracle) {
	t.Helper()
	dev := flashtest.New(flashtest.Options{})
	c := &crash{t: t, steps: faultSteps()}
	s, err := c.open(dev)
	if err != nil {
		t.Fatal(err)
	}
	o := newOracle()
	if st, err := o.run(s, c.steps, nil); err != nil {
		t.Fatalf("%s: %v", st.name, err)
	}
	s.Close()
	return dev.Clone(), o
}

// TestBitFlips flips a bit in every 13th byte that holds something. The spool must open, and serve
// nothing but what was delivered; what it cannot serve it must have counted. A flip costs one mail,
// or those of the one batch whose header it hit.
func TestBitFlips(t *testing.T) {
	dev, o := filled(t)
	names, _ := dev.Names()
	step := 13
	if testing.Short() {
		step = 101
	}
	for _, name := range names {
		if name == format.Name {
			continue
		}
		content := dev.Bytes(name)
		for off := 0; off < len(content); off += step {
			if content[off] == 0 && off%flash.Page > 256 {
				continue // padding
			}
			damaged := dev.Clone()
			damaged.Corrupt(name, int64(off), 1<<(off%8))
			if err := o.survives(t, damaged); err != nil {
				t.Fatalf("a flip in %s at byte %d (page %d+%d): %v", name, off, off/flash.Page, off%flash.Page, err)
			}
		}
	}
}

// survives checks that a damaged spool lies about nothing.
func (o *oracle) survives(t *testing.T, dev *flashtest.Device) error {
	c := &crash{t: t}
	s, err := c.open(dev)
	if err != nil {
		return err
	}
	lost := 0
	for key, want := range o.boxes {
		v, err := s.View(key)
		if err != nil {
			return err
		}
		found := 0
		for n := 1; n <= v.Len(); n++ {
			uid := string(v.AppendUID(nil, n))
			body, _, err := readMessage(v, n)
			switch {
			case errors.Is(err, ErrDamaged):
			case err != nil:
				return err
			case o.given[uid] != body:
				return fmt.Errorf("mailbox %d: other bytes under unique-id %s", key, uid)
			default:
				if _, live := want[uid]; live {
					found++
				}
			}
		}
		lost += len(want) - found
	}
	if st := s.Stats(); lost > 0 && st.Damaged == 0 && !st.Torn {
		return fmt.Errorf("%d mails are lost and nobody says so", lost)
	}
	if lost > 2 {
		return fmt.Errorf("%d mails are lost", lost)
	}
	return s.recount()
}

// TestRolledBackCopy puts an old copy of the spool back. Unique-ids that were given out after the
// copy was made must never be given to other mail.
func TestRolledBackCopy(t *testing.T) {
	dev := flashtest.New(flashtest.Options{})
	c := &crash{t: t}
	s, err := c.open(dev)
	if err != nil {
		t.Fatal(err)
	}
	if err := deliver(s, mail("before", 300), 1); err != nil {
		t.Fatal(err)
	}
	copied := dev.Clone()
	given := contents(t, s, 1)
	kept := maps.Clone(given)
	for i := range 10 {
		if err := deliver(s, mail(fmt.Sprint("after ", i), 300), 1); err != nil {
			t.Fatal(err)
		}
	}
	maps.Copy(given, contents(t, s, 1))
	s, err = c.open(copied)
	if err != nil {
		t.Fatal(err)
	}
	if got := contents(t, s, 1); !maps.Equal(got, kept) {
		t.Errorf("the copy holds other mail than when it was made")
	}
	for i := range 20 {
		if err := deliver(s, mail(fmt.Sprint("other ", i), 300), 1); err != nil {
			t.Fatal(err)
		}
	}
	for uid, body := range contents(t, s, 1) {
		if was, ok := given[uid]; ok && was != body {
			t.Errorf("unique-id %s is given to another mail", uid)
		}
	}
}

// TestFailedFlushIsNeverAcknowledged: the bytes can still be read after a failed flush, but they do
// not count.
func TestFailedFlushIsNeverAcknowledged(t *testing.T) {
	dev := flashtest.New(flashtest.Options{})
	s := open(t, dev)
	if err := deliver(s, mail("good", 300), 1); err != nil {
		t.Fatal(err)
	}
	dev.FailFrom(dev.Ops()+2, syscall.EIO) // the write, then the flush
	if err := deliver(s, mail("bad", 300), 1); !errors.Is(err, ErrFault) {
		t.Fatalf("a delivery whose flush failed: %v, want ErrFault", err)
	}
	if !s.Stats().ReadOnly {
		t.Error("a device that refused a batch twice is not called read-only")
	}
	dev.Heal()
	if err := deliver(s, mail("next", 300), 1); err != nil {
		t.Fatal(err)
	}
	if s.Stats().ReadOnly {
		t.Error("a device that takes mail again is still called read-only")
	}
	if hot(s).Slot == 0 {
		t.Error("the slot whose flush failed is written again")
	}
	s.Close()
	s, err := Open(context.Background(), options(dev.Clone()))
	if err != nil {
		t.Fatal(err)
	}
	want := []string{own(1, mail("good", 300)), own(1, mail("next", 300))}
	if got := bodies(contents(t, s, 1)); !slices.Equal(got, want) {
		t.Errorf("%d mails after a restart, want the two that were acknowledged", len(got))
	}
}

// TestGuessedHeader: a slot is taken for a new segment when the power fails. The torn header lets
// batches be seen that are two lives old and were retired so long ago that no record says so; they
// do not count.
func TestGuessedHeader(t *testing.T) {
	dev := flashtest.New(flashtest.Options{})
	opt := options(dev)
	opt.Rand = newSeeded(77)
	s, err := Open(context.Background(), opt)
	if err != nil {
		t.Fatal(err)
	}
	if err := deliver(s, mail("dead", 300), 1); err != nil {
		t.Fatal(err)
	}
	for range 8 {
		if err := deliver(s, mail("dead", 9000), 1); err != nil {
			t.Fatal(err)
		}
	}
	if err := expungeAll(s, 1, none); err != nil {
		t.Fatal(err)
	}
	old := s.table.Segment(0)
	for i := 0; s.table.Segment(0) == old || !slotOf(s, 0).Header.Class.IsLog(); i++ {
		if err := errors.Join(deliver(s, mail("churn", 9000), 3), deliver(s, mail("small", 9000), 2), expungeAll(s, 2, none), expungeAll(s, 3, none)); err != nil || i > 200 {
			t.Fatal(err, i)
		}
	}
	for i := range 60 { // the tombstones and the retire record go as well
		if err := errors.Join(deliver(s, mail(fmt.Sprint("small ", i), 9000), 2), expungeAll(s, 2, none)); err != nil {
			t.Fatal(err)
		}
	}
	s.Close()
	dev = dev.Clone()
	plantBatches(t, dev, s.format)
	s = open(t, dev)
	if got := contents(t, s, 1); len(got) != 0 {
		t.Errorf("%d messages of a segment that was retired are back", len(got))
	}
}

// plantBatches makes slot 0 look as if the header of a new segment was torn, over two batches of an
// old one with a mail each.
func plantBatches(t *testing.T, dev *flashtest.Device, f *format.Format) {
	t.Helper()
	old := flashtest.New(flashtest.Options{})
	opt := options(old)
	opt.Rand = newSeeded(77)
	s, err := Open(context.Background(), opt)
	if err != nil {
		t.Fatal(err)
	}
	*s.format = *f
	for range 2 {
		if err := deliver(s, mail("stale", 300), 1); err != nil {
			t.Fatal(err)
		}
	}
	s.Close()
	content := old.Bytes("00000")
	content[100] = 1 // no page of zeros
	content[8]++     // and no header
	file, err := dev.Open("00000")
	if err != nil {
		t.Fatal(err)
	}
	fillSlot(t, file, content)
}
