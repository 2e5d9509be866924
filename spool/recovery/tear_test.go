package recovery

import (
	"context"
	"errors"
	"slices"
	"testing"

	"pillarbox/spool/format"
	"pillarbox/spool/index"
	"pillarbox/spool/slots"
)

// TestTears: what a power cut, age or a program leaves of a segment that was growing, and what a
// start makes of it. Batches begin at pages 1, 2, 3 and 4, with messages 0, 1, 2 and 3.
func TestTears(t *testing.T) {
	for _, c := range []struct {
		name    string
		tear    func(im *image, s *laid)
		want    string
		damaged int
		torn    bool
		end     uint32 // where the next batch is written
	}{
		{"nothing", func(*image, *laid) {}, "1: 0 1 2 3", 0, false, 5},
		{"the header of the newest batch", func(_ *image, s *laid) { s.damage(4, 9) }, "1: 0 1 2", 0, true, 4},
		{"the checksum of the newest batch", func(_ *image, s *laid) { s.damage(4, 5) }, "1: 0 1 2", 0, true, 4},
		{"a record of the newest batch", func(_ *image, s *laid) { s.damage(4, 130) }, "1: 0 1 2", 0, true, 4},
		{"the newest batch is of zeros", func(im *image, s *laid) { im.zero(s, 4) }, "1: 0 1 2", 0, false, 4},
		{"the newest two", func(_ *image, s *laid) { s.damage(3, 5); s.damage(4, 5) }, "1: 0 1", 0, true, 3},
		{"a record of an older batch", func(_ *image, s *laid) { s.damage(2, 130) }, "1: 0 2 3", 1, false, 5},
		{"the header of an older batch", func(_ *image, s *laid) { s.damage(2, 9) }, "1: 0 1 2 3", 1, false, 5},
		{"an older batch is of zeros", func(im *image, s *laid) { im.zero(s, 3) }, "1: 0 1 3", 1, false, 5},
		{"two older batches", func(im *image, s *laid) { im.zero(s, 2); im.zero(s, 3) }, "1: 0 3", 1, false, 5},
		{"the first batch", func(im *image, s *laid) { s.damage(1, 130) }, "1: 1 2 3", 1, false, 5},
		{"the newest batch says that less was durable", func(im *image, s *laid) {
			s.damage(3, 5)
			s.at(4, 3, im.mail(3, 1)) // so that page 3 need not have been acknowledged
		}, "1: 0 1", 0, true, 3},
		{"a batch of an open that had not seen the others", func(im *image, s *laid) {
			im.epoch, im.tag = 2, 1002
			s.at(5, 5, im.mail(0, 2))
			im.epoch, im.tag = 1, 1001
			s.at(6, 6, im.mail(9, 1))
		}, "1: 0 1 2 3, 2: 0", 0, true, 6},
		{"a batch of the same open with another tag", func(im *image, s *laid) {
			im.tag = 1002
			s.at(5, 5, im.mail(9, 1))
		}, "1: 0 1 2 3", 0, true, 5},
		{"a batch of another segment behind", func(im *image, s *laid) {
			other := *s
			other.h.Segment = 77
			other.at(5, 5, im.mail(9, 1))
		}, "1: 0 1 2 3", 0, true, 5},
	} {
		t.Run(c.name, func(t *testing.T) {
			im := newImage(t)
			s := im.begin(0, 1, format.ClassLog)
			s.batch(im.mail(0, 1), manifest(0))
			for n := range uint32(3) {
				s.batch(im.mail(1+n, 1))
			}
			c.tear(im, s)
			opened := im.open()
			im.holds(opened, c.want)
			im.damaged(opened, c.damaged, c.torn)
			if at := opened.Log.End(format.ClassLog); !at.Active || at.End != c.end {
				t.Errorf("the log goes on at page %d (active %v), want %d", at.End, at.Active, c.end)
			}
		})
	}
}

// zero overwrites a page of a segment's slot with zeros.
func (im *image) zero(s *laid, page uint32) {
	name := slots.Name(s.h.Slot)
	for i, b := range im.dev.Bytes(name)[int64(page)*format.Unit:][:format.Unit] {
		if b != 0 {
			im.dev.Corrupt(name, int64(page)*format.Unit+int64(i), b)
		}
	}
}

// TestRefusedBatchDoesNotCount: the header of the next segment says where this one ended. What lies
// behind was refused, even if it verifies; and what lies before it was acknowledged, so that it is
// damage if it does not.
func TestRefusedBatchDoesNotCount(t *testing.T) {
	im := newImage(t)
	a := im.begin(0, 1, format.ClassLog)
	a.batch(im.mail(0, 1), manifest(0))
	a.batch(im.mail(1, 1))
	b := im.beginBehind(1, 2, format.ClassLog, a)
	b.batch(im.mail(2, 1), manifest(1, a.ref()))
	a.batch(im.mail(9, 1)) // behind the end that b states
	opened := im.open()
	im.holds(opened, "1: 0 1 2")
	im.damaged(opened, 0, false)
	a.damage(2, 5)
	opened = im.open()
	im.holds(opened, "1: 0 1 2") // the record verifies by itself
	im.damaged(opened, 1, false)
	im.zero(a, 2)
	opened = im.open()
	im.holds(opened, "1: 0 2")
	im.damaged(opened, 1, false)
}

// TestFooterSaysWhereASegmentEnds: what lies behind the end that a footer says was refused.
func TestFooterSaysWhereASegmentEnds(t *testing.T) {
	im := newImage(t)
	s := im.begin(0, 1, format.ClassLog)
	s.batch(im.mail(0, 1), manifest(0))
	s.seal()
	s.batch(im.mail(9, 1)) // it was refused, and is on the device
	opened := im.open()
	im.holds(opened, "1: 0")
	if at := opened.Log.End(format.ClassLog); at.Active || at.Last != 1 || at.LastEnd != 2 {
		t.Errorf("the log goes on at %+v, want behind page 2 of segment 1", at)
	}
}

// TestDamagedHeader: a slot whose header does not read is guessed by its batches. It counts when it
// has a second batch, so that the header was flushed once; it is never written on.
func TestDamagedHeader(t *testing.T) {
	for _, c := range []struct {
		name    string
		batches int
		cold    bool
		want    string
		torn    bool
	}{
		{"one batch", 1, false, "", true},
		{"two batches", 2, false, "1: 0 1", true},
		{"two batches of moved mail", 2, true, "1: 0 1", true},
		{"no batch", 0, false, "", false},
	} {
		t.Run(c.name, func(t *testing.T) {
			im := newImage(t)
			class := format.ClassLog
			if c.cold {
				class = format.ClassCold
			}
			s := im.begin(0, 1, class)
			for n := range uint32(c.batches) {
				switch {
				case c.cold:
					s.batch(im.moved(n, 1))
				case n == 0:
					s.batch(im.mail(n, 1), manifest(0))
				default:
					s.batch(im.mail(n, 1))
				}
			}
			s.damage(0, 20)
			opened := im.open()
			im.holds(opened, c.want)
			if opened.Torn != c.torn {
				t.Errorf("torn %v, want %v", opened.Torn, c.torn)
			}
			g := opened.Table.Segments()[0]
			if c.batches > 1 && g.Header.Class != class {
				t.Errorf("it is of class %d, want %d", g.Header.Class, class)
			}
			if !g.Sealed || opened.Log.End(class).Active {
				t.Error("a segment without a header is written on")
			}
		})
	}
}

// TestGuessedSegmentOfLongAgo: what is guessed counts only if the newest manifest does not deny it.
func TestGuessedSegmentOfLongAgo(t *testing.T) {
	for name, denied := range map[string]bool{"denied": true, "listed": false} {
		im := newImage(t)
		old := im.begin(0, 1, format.ClassLog)
		old.batch(im.mail(0, 1), manifest(0))
		old.batch(im.mail(1, 1))
		now := im.beginBehind(1, 2, format.ClassLog, old)
		list := []format.SegmentRef{old.ref()}
		want := "1: 0 1 2"
		if denied {
			list, want = nil, "1: 2"
		}
		now.batch(im.mail(2, 1), manifest(1, list...))
		old.damage(0, 20)
		s := im.open()
		if got := "1: " + has(s, 1); got != want {
			t.Errorf("%s: it holds %q, want %q", name, got, want)
		}
	}
}

// TestRetiredSegments: a segment that a record retires does not count, wherever the record is; what
// it says is not needed, and its slot shows a stale header until it is written over.
func TestRetiredSegments(t *testing.T) {
	for _, sealed := range []bool{false, true} {
		im := newImage(t)
		old := im.begin(0, 1, format.ClassLog)
		old.batch(im.mail(0, 1), manifest(0), im.labelled("l", 1, 3, 0))
		old.seal()
		now := im.beginBehind(1, 2, format.ClassLog, old)
		now.batch(im.mail(1, 1), manifest(1, old.ref()))
		now.batch(retired(old.ref(), format.SegmentRef{Slot: 1 << 30, Segment: 9}))
		if sealed {
			now.seal()
		}
		s := im.open()
		im.holds(s, "1: 1")
		im.damaged(s, 0, false)
		if got := counting(s); !slices.Equal(got, []uint64{2}) {
			t.Errorf("segments %v count", got)
		}
		if list := s.Table.Cleaning().RetiredBy(2); len(list) != 1 || list[0] != old.ref() {
			t.Errorf("segment 2 retires %v", list)
		}
		s.Index.Read(func(d *index.Data) {
			if len(d.LabelHomes) > 0 {
				t.Errorf("segments %v are known to hold labels", d.LabelHomes)
			}
		})
	}
}

// TestNewestIsRetired: the record that retires the segment that grew is in an older one, of the
// other class. The head goes on in a new segment, behind the one before.
func TestNewestIsRetired(t *testing.T) {
	im := newImage(t)
	hot := im.begin(0, 1, format.ClassLog)
	hot.batch(im.mail(0, 1), manifest(0))
	before := im.begin(1, 2, format.ClassCold)
	before.batch(im.moved(0, 1))
	before.seal()
	cold := im.beginBehind(2, 3, format.ClassCold, before)
	cold.batch(im.moved(5, 1), im.labelled("l", 1, 3, 0))
	hot.batch(retired(cold.ref()))
	s := im.open()
	im.holds(s, "1: 0")
	at := s.Log.End(format.ClassCold)
	if at.Active || at.Last != before.h.Segment || at.LastEnd != before.page {
		t.Errorf("the cold log goes on at %+v, want behind segment 2, page %d", at, before.page)
	}
	s.Index.Read(func(d *index.Data) {
		if len(d.LabelHomes) > 0 {
			t.Errorf("segments %v are known to hold labels, and none that counts does", d.LabelHomes)
		}
	})
	if hot := s.Log.End(format.ClassLog); !hot.Active || hot.Segment != 1 {
		t.Errorf("the hot log goes on at %+v", hot)
	}
}

// TestDamageInherits: when records did not verify, retired segments are read for what they expunged
// and what they retired; both are written again.
func TestDamageInherits(t *testing.T) {
	for _, damaged := range []bool{false, true} {
		im := newImage(t)
		first := im.begin(0, 1, format.ClassLog)
		first.batch(im.mail(0, 1), manifest(0), im.mail(1, 1))
		first.seal()
		old := im.beginBehind(1, 2, format.ClassLog, first)
		old.batch(manifest(1, first.ref()), im.expunged(1, 1, 0))
		old.seal()
		now := im.beginBehind(2, 3, format.ClassLog, old)
		now.batch(im.mail(2, 1), manifest(2, first.ref(), old.ref()))
		carried := now.batch(im.expunged(1, 1, 0), retired(old.ref()))
		now.batch(retired(old.ref()))
		now.batch(im.mail(3, 1))
		want := "1: 1 2 3"
		if damaged {
			now.damage(carried, 125) // the tombstone that was carried is lost
		}
		s := im.open()
		im.holds(s, want)
		f, ok := s.Log.Freeze()
		if !ok {
			t.Fatal("closed")
		}
		s.Log.Thaw()
		if inherited := len(f.Inherited) > 0; inherited != damaged {
			t.Errorf("damaged %v: tombstones %+v are to be written again", damaged, f.Inherited)
		}
	}
}

// TestStartThatEnds: a start whose context ends, or whose device fails, returns that error, closes
// every file and writes nothing.
func TestStartThatEnds(t *testing.T) {
	lay := func() *image {
		im := newImage(t)
		a := im.begin(0, 1, format.ClassLog)
		a.batch(im.mail(0, 1), manifest(0))
		a.seal()
		im.beginBehind(1, 2, format.ClassLog, a).batch(im.mail(1, 1), manifest(1, a.ref()))
		return im
	}
	im := lay()
	handles, ops := im.dev.Handles(), im.dev.Ops()
	for after := range 6 {
		ctx, end := context.WithCancel(context.Background())
		opt := im.options()
		steps := 0
		opt.Step = func() {
			if steps++; steps > after {
				end()
			}
		}
		s, err := Open(ctx, opt)
		if err == nil {
			s.Log.Close()
		} else if !errors.Is(err, context.Canceled) {
			t.Errorf("after %d steps: %v", after, err)
		}
		if n := im.dev.Handles(); n != handles {
			t.Fatalf("after %d steps: %d files are open, %d before", after, n, handles)
		}
		end()
	}
	if im.dev.Ops() != ops {
		t.Error("a start wrote to the device")
	}
}
