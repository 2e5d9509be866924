package spool

import (
	"context"
	"errors"
	"slices"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"pillarbox/spool/flash/flashtest"
)

// TestPulse: a writer that hangs is told from one that gets on, and from none.
func TestPulse(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		vol := flashtest.Hang(flashtest.New(flashtest.Options{}))
		s := open(t, vol)
		must(t, deliver(s, mail("first", 2000), 1))
		busy, before := s.Pulse()
		if busy || before == 0 {
			t.Fatalf("after a delivery: busy %v, %d steps", busy, before)
		}
		for _, size := range []int{2000, 600 << 10} { // a record of the log, and extents
			vol.HangWrites()
			over := make(chan error)
			go func() { over <- deliver(s, mail("second", size), 1) }()
			synctest.Wait()
			_, before = s.Pulse()
			time.Sleep(time.Hour)
			if busy, after := s.Pulse(); !busy || after != before {
				t.Errorf("%d octets, while the device hangs: busy %v, %d steps after %d", size, busy, after, before)
			}
			vol.Release()
			must(t, <-over)
			if busy, after := s.Pulse(); busy || after <= before {
				t.Errorf("%d octets, when it is over: busy %v, %d steps after %d", size, busy, after, before)
			}
		}
		must(t, s.Close())
	})
}

// TestReadProof: it asks the device, not the page cache, and one bad slot is no reason to fail.
func TestReadProof(t *testing.T) {
	dev := flashtest.New(flashtest.Options{CountReads: true})
	s := open(t, dev)
	reads := dev.Stats().Reads
	must(t, s.ReadProof())
	if dev.Stats().Reads != reads {
		t.Error("an empty spool was read")
	}
	must(t, deliver(s, mail("some", 200<<10), 1)) // several slots
	reads, writes := dev.Stats().Reads, dev.Stats().Writes
	for range 20 {
		must(t, s.ReadProof())
	}
	if n := dev.Stats().Reads - reads; n != 20 {
		t.Errorf("20 proofs made %d reads", n)
	}
	if dev.Stats().Writes != writes {
		t.Error("a proof wrote")
	}
	dev.FailAt(dev.Ops()+1, syscall.EIO)
	must(t, s.ReadProof())
	dev.FailFrom(dev.Ops()+1, syscall.EIO)
	if err := s.ReadProof(); !errors.Is(err, syscall.EIO) {
		t.Errorf("a device that reads nothing: %v", err)
	}
}

// TestReadOnly: everything is read, nothing is written.
func TestReadOnly(t *testing.T) {
	dev := flashtest.New(flashtest.Options{})
	opt := options(dev)
	opt.ReadOnly = true
	if _, err := Open(t.Context(), opt); !errors.Is(err, ErrReadOnly) {
		t.Errorf("an empty folder: %v", err)
	}
	s := open(t, dev)
	must(t, deliver(s, mail("kept", 2000), 1))
	must(t, s.Close())
	ops := dev.Ops()
	s, err := Open(t.Context(), opt)
	must(t, err)
	if n := len(contents(t, s, 1)); n != 1 {
		t.Errorf("%d mails are there", n)
	}
	if err := deliver(s, mail("new", 2000), 1); !errors.Is(err, ErrReadOnly) {
		t.Errorf("a delivery: %v", err)
	}
	v, err := s.View(1)
	must(t, err)
	if err := v.Update(context.Background(), Change{Expunge: slices.Values([]int{1})}); !errors.Is(err, ErrReadOnly) {
		t.Errorf("an expunge: %v", err)
	}
	must(t, v.Close())
	must(t, s.Maintain(t.Context()))
	if err := s.Compact(t.Context(), func(int) {}); !errors.Is(err, ErrReadOnly) {
		t.Errorf("compact: %v", err)
	}
	must(t, s.Close())
	if dev.Ops() != ops {
		t.Errorf("%d operations wrote", dev.Ops()-ops)
	}
}

// TestSteps: a start tells that it gets on.
func TestSteps(t *testing.T) {
	dev := flashtest.New(flashtest.Options{})
	s := open(t, dev)
	must(t, deliver(s, mail("one", 2000), 1))
	must(t, s.Close())
	opt, steps := options(dev), 0
	opt.Step = func() { steps++ }
	s, err := Open(t.Context(), opt)
	must(t, err)
	must(t, s.Close())
	if steps < 2 {
		t.Errorf("%d steps for a slot with a header and records", steps)
	}
}
