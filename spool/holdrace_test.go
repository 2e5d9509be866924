package spool

import (
	"context"
	"errors"
	"runtime"
	"sync"
	"testing"
	"time"

	"pillarbox/spool/flash"
	"pillarbox/spool/flash/flashtest"
	"pillarbox/spool/slots"
)

// A pausing volume stops one write to the device until it is opened.
type pausing struct {
	flash.Volume
	mu      sync.Mutex
	shut    func(name string, off int64) bool // which write it stops; nil: none
	reached chan bool                         // closed when the write is there
	opened  chan bool
}

func newPausing(dev *flashtest.Device) *pausing { return &pausing{Volume: dev} }

// stop makes the next write that is wanted wait for open.
func (g *pausing) stop(wanted func(name string, off int64) bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.shut, g.reached, g.opened = wanted, make(chan bool), make(chan bool)
}

func (g *pausing) open() { close(g.opened) }

func (g *pausing) pass(name string, off int64) {
	g.mu.Lock()
	stops := g.shut != nil && g.shut(name, off)
	if stops {
		g.shut = nil
	}
	g.mu.Unlock()
	if stops {
		close(g.reached)
		<-g.opened
	}
}

func (g *pausing) Open(name string) (flash.File, error) {
	f, err := g.Volume.Open(name)
	return pausingFile{f, g, name}, err
}

func (g *pausing) Create(name string, size int64) (flash.File, error) {
	f, err := g.Volume.Create(name, size)
	return pausingFile{f, g, name}, err
}

type pausingFile struct {
	flash.File
	pausing *pausing
	name    string
}

func (f pausingFile) WriteAt(p []byte, off int64) (int, error) {
	f.pausing.pass(f.name, off)
	return f.File.WriteAt(p, off)
}

// anyWrite is every write.
func anyWrite(string, int64) bool { return true }

// beginHold begins a hold in a goroutine. When it returns, the hold has begun and waits, or it does
// not wait; began receives it.
func beginHold(t *testing.T, s *Spool) (began chan *Hold) {
	t.Helper()
	began = make(chan *Hold, 1)
	go func() { began <- s.Hold() }()
	for deadline := time.Now().Add(time.Minute); ; runtime.Gosched() {
		if n := queued(s); s.table.Held() && n > 0 || len(began) > 0 {
			return began
		}
		if time.Now().After(deadline) {
			t.Fatal("the hold neither waits nor begins")
		}
	}
}

// TestHoldWaitsForARetirement: a batch that retires a segment is on its way to the device when a
// hold begins. The hold waits for it: from its return on a copy may have read what the batch was
// written to, and may still read the slot.
func TestHoldWaitsForARetirement(t *testing.T) {
	vol := newPausing(flashtest.New(flashtest.Options{}))
	s := open(t, vol)
	defer s.Close()
	for _, name := range []string{"a", "b", "c"} {
		must(t, deliver(s, mail(name, 11_000), 1))
	}
	must(t, errors.Join(sealHot(s), expungeAll(s, 1, none)))
	if len(s.table.Cleaning().Dead()) == 0 {
		t.Fatal("no segment is dead: the test shows nothing")
	}
	vol.stop(anyWrite)
	written := make(chan error, 1)
	go func() { written <- deliver(s, mail("rides along", 300), 2) }()
	<-vol.reached
	began := beginHold(t, s)
	if len(began) > 0 {
		t.Error("the hold has begun while a segment is being retired")
	}
	vol.open()
	h := <-began
	retired := s.log.Reclaimed()
	must(t, <-written)
	must(t, deliver(s, mail("goes on", 300), 2))
	if n := s.log.Reclaimed(); n != retired || retired == 0 {
		t.Errorf("%d segments were retired when the hold began, %d now", retired, n)
	}
	must(t, h.Release())
}

// movableSpool returns a spool with a sealed segment that is worth moving, in more than one batch,
// and if large is true a bulk segment.
func movableSpool(t *testing.T, vol flash.Volume, large bool) *Spool {
	t.Helper()
	s := open(t, vol)
	if large {
		for i := range 4 {
			must(t, deliver(s, mail("large", 20_000), Key(1+i%2)))
		}
		s.log.Probe().SealBulk()
		must(t, expungeAll(s, 2, none))
		return s
	}
	for _, box := range []Key{1, 1, 2, 1} {
		must(t, deliver(s, mail("small", 10_900), box))
	}
	must(t, errors.Join(sealHot(s), expungeAll(s, 2, none)))
	return s
}

// TestCompactEndsForAHold: a compaction moves mail when a hold begins. What is on its way to the
// device is waited for; after that the compaction writes nothing, and says why.
func TestCompactEndsForAHold(t *testing.T) {
	for name, large := range map[string]bool{"records": false, "extents": true} {
		t.Run(name, func(t *testing.T) {
			dev := flashtest.New(flashtest.Options{})
			vol := newPausing(dev)
			s := movableSpool(t, vol, large)
			defer s.Close()
			if g, ok := victim(s); !ok || g.Header.Class.IsLog() == large {
				t.Fatal("nothing is to be moved: the test shows nothing")
			}
			vol.stop(anyWrite)
			compacted := make(chan error, 1)
			go func() { compacted <- s.Compact(context.Background(), nil) }()
			<-vol.reached
			began := make(chan *Hold, 1)
			go func() { began <- s.Hold() }()
			for deadline := time.Now().Add(time.Minute); !s.table.Held(); runtime.Gosched() {
				if time.Now().After(deadline) {
					t.Fatal("no hold begins")
				}
			}
			vol.open()
			h := <-began
			ops := dev.Ops()
			if err := <-compacted; !errors.Is(err, slots.ErrHeld) {
				t.Errorf("Compact: %v, want %v", err, slots.ErrHeld)
			}
			if n := dev.Ops() - ops; n > 0 {
				t.Errorf("%d operations after the hold had begun", n)
			}
			must(t, h.Release())
			recount(t, s)
			if n := len(contents(t, s, 1)); n == 0 {
				t.Error("no mail is left")
			}
			must(t, s.Compact(context.Background(), nil))
		})
	}
}

// TestNothingAheadDuringAHold: neither Maintain nor Compact changes the device while a hold is
// kept, however little room there is.
func TestNothingAheadDuringAHold(t *testing.T) {
	for _, mode := range []flash.Mode{flash.Recycle, flash.Append} {
		dev := flashtest.New(flashtest.Options{Mode: mode})
		s := movableSpool(t, dev, false)
		for !s.table.Few() { // until room would be made
			if _, _, err := s.table.Writer().Take(0); err != nil {
				t.Fatal(err)
			}
		}
		if _, ok := victim(s); !ok {
			t.Fatal("nothing is to be moved: the test shows nothing")
		}
		h := s.Hold()
		ops := dev.Ops()
		reads := dev.Stats().Reads
		must(t, s.log.MakeRoom(t.Context()))
		if n := dev.Stats().Reads - reads; n > 0 {
			t.Errorf("%v: %d reads of mail that is not to be moved", mode, n)
		}
		must(t, s.Maintain(t.Context()))
		if err := s.Compact(t.Context(), nil); !errors.Is(err, slots.ErrHeld) {
			t.Errorf("%v: Compact: %v, want %v", mode, err, slots.ErrHeld)
		}
		if n := dev.Ops() - ops; n > 0 {
			t.Errorf("%v: %d operations during the hold", mode, n)
		}
		must(t, h.Release())
		must(t, s.Maintain(t.Context()))
		if n := dev.Ops() - ops; n == 0 {
			t.Errorf("%v: no operation after it: the test shows nothing", mode)
		}
		s.Close()
	}
}

// TestHoldOfAClosedSpool neither waits nor fails: nothing is written any more.
func TestHoldOfAClosedSpool(t *testing.T) {
	s := open(t, flashtest.New(flashtest.Options{}))
	must(t, deliver(s, mail("m", 300), 1))
	must(t, s.Close())
	h := s.Hold()
	must(t, h.Release())
}

// TestMailGoesOnDuringAHold: mail, deletes and large mail are written while a hold is kept, into
// new segments too, and a start after a power cut has them.
func TestMailGoesOnDuringAHold(t *testing.T) {
	dev := flashtest.New(flashtest.Options{})
	s := open(t, dev)
	must(t, deliver(s, mail("before", 300), 1))
	h := s.Hold()
	first := hot(s).Segment
	for hot(s).Segment == first {
		must(t, deliver(s, mail("during", 9_000), 2))
	}
	must(t, deliver(s, mail("large", 40_000), 3))
	must(t, expungeAll(s, 1, none))
	must(t, h.Release())
	want := len(contents(t, s, 2))
	dev.Cut()
	for title, after := range outcomes(dev, 1, 3) {
		s := open(t, after)
		if n := len(contents(t, s, 2)); n != want {
			t.Errorf("%s: %d mails, want %d", title, n, want)
		}
		if n := len(contents(t, s, 3)) - len(contents(t, s, 1)); n != 1 {
			t.Errorf("%s: the large mail is lost, or the delete", title)
		}
	}
}
