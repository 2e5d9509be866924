package commit

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"syscall"
	"testing"

	"pillarbox/spool/flash"
	"pillarbox/spool/flash/flashtest"
	"pillarbox/spool/format"
	"pillarbox/spool/slots"
)

// TestBatchOnTheDevice: the records of a batch lie on the device in the order in which they were
// committed, behind the manifest in the first batch of a hot segment; a cold segment has none.
func TestBatchOnTheDevice(t *testing.T) {
	s := newStore(t, flash.Recycle, 11)
	s.commit(intake("one", 300, 1))
	s.commit(intake("two", 300, 1, 2))
	s.commit(s.expunge(1, 1), s.labelling(2, "seen"))
	equal(t, "the hot segment", s.onDevice(format.ClassLog),
		"message 1.0 to 1", "manifest of 0", "message 1.1 to 1 2",
		"expunged [0] of 1 in segment 1", "label seen on [2] of 2")
	stays := intake("stays", 300, 3)
	stays.Stays = true
	s.commit(stays)
	equal(t, "the cold segment", s.onDevice(format.ClassCold), "message 1.3 to 3")
	if hot, cold := s.end(format.ClassLog), s.end(format.ClassCold); hot.Slot == cold.Slot || hot.Segment == cold.Segment {
		t.Errorf("both logs are in slot %d, segment %d", hot.Slot, hot.Segment)
	}
}

// TestOneFlushABatch: a batch is one flush, however many changes it has, and one write for each 128
// KiB; its first page holds the header of the segment when it is the first one.
func TestOneFlushABatch(t *testing.T) {
	for _, c := range []struct {
		name   string
		sizes  []int
		writes int
		pages  int64 // the segment's header included
	}{
		{"a small message", []int{300}, 1, 2},
		{"a page and a bit", []int{4096}, 1, 3},
		{"two messages in a page", []int{300, 300}, 1, 2},
		{"ten messages", slices.Repeat([]int{900}, 10), 1, 4},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := newStore(t, flash.Recycle, 11)
			var changes []Change
			for i, size := range c.sizes {
				changes = append(changes, intake(fmt.Sprint(i), size, 1))
			}
			before := s.dev.Stats()
			s.commit(changes...)
			did := s.dev.Stats().Sub(before)
			if did.Syncs != 1 || did.Writes != c.writes || did.Bytes-did.Filled != c.pages*flash.Page {
				t.Errorf("%d flushes, %d writes of %d bytes, want 1, %d of %d", did.Syncs, did.Writes, did.Bytes-did.Filled, c.writes, c.pages*flash.Page)
			}
			if life := s.log.Counters().Lifetime; life.Flushes != 1 || life.In+life.Padded != uint64(c.pages*flash.Page) {
				t.Errorf("counted %+v, written %d bytes with 1 flush", life, c.pages*flash.Page)
			}
		})
	}
}

// TestRecordsAreAligned: each record begins at a multiple of 8 bytes, and is where the index says.
func TestRecordsAreAligned(t *testing.T) {
	s := newStore(t, flash.Recycle, 11)
	for n := range 20 {
		s.commit(intake("m", 100+n, 1), intake("m", 200+3*n, 1))
	}
	for s.living(1) > 0 {
		mv := s.moveFirst(1) // which verifies frame, meta and body at the location
		if mv.message.First.Epoch != 1 {
			t.Fatalf("another record: %+v", mv.message)
		}
		s.commit(s.expunge(1, 1))
	}
}

// TestBatchSurvivesACut: a commit that was acknowledged is on the device whatever a power cut does,
// and one that was cut is there whole or not at all.
func TestBatchSurvivesACut(t *testing.T) {
	for _, mode := range []flash.Mode{flash.Recycle, flash.Append} {
		for cut := 1; ; cut++ {
			dev := flashtest.New(flashtest.Options{Mode: mode})
			dev.CutAt(cut)
			s := newStoreOn(t, dev, 11, nil)
			var acknowledged []string
			for i := 0; i < 3 && !dev.Dead(); i++ {
				if s.log.Commit(intake("a", 3000, 1), intake("b", 3000, 2)) == nil {
					acknowledged = append(acknowledged, fmt.Sprintf("message 1.%d to 1", 2*i), fmt.Sprintf("message 1.%d to 2", 2*i+1))
				}
			}
			if !dev.Dead() {
				break
			}
			at := s.end(format.ClassLog)
			for title, after := range dev.Outcomes(uint64(cut), 6) {
				if len(acknowledged) == 0 {
					continue
				}
				back := &store{t: t, dev: after, opt: s.opt}
				got, _ := back.scan(at.Slot, at.Segment)
				got = slices.DeleteFunc(got, func(l string) bool { return l == "manifest of 0" })
				if len(got)%2 != 0 || len(got) < len(acknowledged) || !slices.Equal(got[:len(acknowledged)], acknowledged) {
					t.Errorf("%v, cut in operation %d, %s: %q is left of %q", mode, cut, title, got, acknowledged)
				}
			}
		}
	}
}

// TestFaultIsWrittenTwice: a batch that the device refuses goes to another slot, is read back, and
// the caller gets no error; the segment that was left has a footer that says where it ends.
func TestFaultIsWrittenTwice(t *testing.T) {
	for _, fault := range []error{syscall.EIO, syscall.ENOSPC, io.ErrShortWrite} {
		for op, name := range []string{"write", "flush"} {
			t.Run(fmt.Sprint(fault, " in a ", name), func(t *testing.T) {
				s := newStore(t, flash.Recycle, 11)
				s.commit(intake("before", 300, 1))
				old := s.end(format.ClassLog)
				s.dev.FailAt(s.dev.Ops()+1+op, fault)
				reads := s.dev.Stats().Reads
				s.commit(intake("refused once", 300, 1))
				now := s.end(format.ClassLog)
				if now.Slot == old.Slot || now.Last != old.Segment || now.LastEnd != old.End {
					t.Errorf("the log goes on at %+v, behind %+v", now, old)
				}
				if s.dev.Stats().Reads == reads {
					t.Error("the second copy was not read back")
				}
				equal(t, "the footer", s.footer(old.Slot, old.Segment), "message 1.0 to 1", "manifest of 0")
				if c := s.log.Counters(); c.ReadOnly {
					t.Error("the log says that it takes nothing")
				}
				if n := s.table.Stats().Faults; n != 1 {
					t.Errorf("%d faults were counted, want 1", n)
				}
			})
		}
	}
}

// TestFaultTwiceIsRefused: when the device refuses the second copy, too, every committer of the
// batch gets ErrFault, nothing of it is in the index, and the next commit is tried afresh.
func TestFaultTwiceIsRefused(t *testing.T) {
	s := newStore(t, flash.Recycle, 11)
	s.commit(intake("before", 300, 1))
	s.dev.FailFrom(s.dev.Ops()+1, syscall.EIO)
	errs := s.behindLeader([]Change{intake("a", 300, 2)}, []Change{s.expunge(1, 1)}, []Change{intake("b", 300, 3)})
	errorsAre(t, "a failing device", errs, slots.ErrFault, slots.ErrFault, slots.ErrFault)
	if !s.log.Counters().ReadOnly {
		t.Error("the log does not say that it takes nothing")
	}
	if s.living(1) != 1 || s.living(2)+s.living(3) != 0 {
		t.Errorf("the index holds %d, %d and %d messages", s.living(1), s.living(2), s.living(3))
	}
	s.dev.Heal()
	s.commit(s.expunge(1, 1))
	if s.log.Counters().ReadOnly || s.living(1) != 0 {
		t.Error("a batch was taken, and the log does not say so")
	}
}

// TestReadBackFindsWhatIsNotThere: the second copy of a batch is read past the page cache: a device
// that reports success and does not write gets no acknowledgement.
func TestReadBackFindsWhatIsNotThere(t *testing.T) {
	dev := flashtest.New(flashtest.Options{})
	vol := &brokenVolume{Volume: dev}
	s := newStoreOn(t, dev, 11, nil)
	s.commit(intake("before", 300, 1))
	w := &batch{slot: s.end(format.ClassLog).Slot, file: vol.file(t, dev, s.end(format.ClassLog).Slot)}
	w.header = format.BatchHeader{Segment: 1, Epoch: 1, Tag: s.index.Tag(1), Page: format.FirstUnit}
	if err := w.readBack(s.opt.Format); err != nil {
		t.Errorf("a batch that is there: %v", err)
	}
	w.header.Page = s.end(format.ClassLog).End
	if err := w.readBack(s.opt.Format); err == nil {
		t.Error("a batch that is not there was read back")
	}
	vol.broken = syscall.EIO
	if err := w.readBack(s.opt.Format); !errors.Is(err, syscall.EIO) {
		t.Errorf("a device that does not read: %v", err)
	}
}

// A brokenVolume is one whose files may fail to be read past the page cache.
type brokenVolume struct {
	flash.Volume
	broken error
}

func (v *brokenVolume) file(t *testing.T, dev *flashtest.Device, n uint32) flash.File {
	t.Helper()
	f, err := dev.Open(slots.Name(n))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	return brokenFile{f, v}
}

type brokenFile struct {
	flash.File
	vol *brokenVolume
}

func (f brokenFile) ReadUncached(p []byte, off int64) (int, error) {
	if f.vol.broken != nil {
		return 0, f.vol.broken
	}
	return f.File.ReadUncached(p, off)
}

// TestIdentitiesAreTaken: a batch that the device refused may be on it anyway, so that no other
// message gets its identities.
func TestIdentitiesAreTaken(t *testing.T) {
	s := newStore(t, flash.Recycle, 11)
	s.commit(intake("before", 300, 1))
	s.dev.FailFrom(s.dev.Ops()+1, syscall.EIO)
	if err := s.log.Commit(intake("refused", 300, 1, 2)); !errors.Is(err, slots.ErrFault) {
		t.Fatal(err)
	}
	s.dev.Heal()
	s.commit(intake("after", 300, 1))
	s.index.Read(func(d *indexData) {
		// Both copies of the refused batch took numbers: 1 and 2, then 3 and 4.
		if id := d.Mailboxes[1].Entries.Identity(1); id.Seq < 3 {
			t.Errorf("the message after the refused one is %+v, which that had", id)
		}
	})
}
