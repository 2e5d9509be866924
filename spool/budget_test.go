package spool

import (
	"context"
	"runtime"
	"runtime/debug"
	"testing"
	"testing/synctest"
	"time"

	"pillarbox/spool/flash"
	"pillarbox/spool/flash/flashtest"
)

// TestBudget: what a deed may cost the device, once the slots that it needs are there. No name,
// size or allocation changes where slots are recycled.
func TestBudget(t *testing.T) {
	tests := []struct {
		name    string
		do      func(t *testing.T, s *Spool)
		flushes int
		pages   int64
	}{
		{"a mail of 3000 bytes", func(t *testing.T, s *Spool) { must(t, deliver(s, mail("m", 3000), 1)) }, 1, 1},
		{"a mail of 4 KiB", func(t *testing.T, s *Spool) { must(t, deliver(s, mail("m", 4096), 1)) }, 1, 2},
		{"a mail of 4 KiB for three", func(t *testing.T, s *Spool) { must(t, deliver(s, mail("m", 4096), 1, 2, 3)) }, 1, 2},
		{"a mail of 17,000 bytes, in extents", func(t *testing.T, s *Spool) { must(t, deliver(s, mail("m", 17_000), 1)) }, 2, 6},
		{"a delete of one", func(t *testing.T, s *Spool) { must(t, expungeAll(s, 2, func(n int) bool { return n > 1 })) }, 1, 1},
		{"a delete of all", func(t *testing.T, s *Spool) { must(t, expungeAll(s, 2, none)) }, 1, 1},
		{"a delete and two labels", func(t *testing.T, s *Spool) {
			updateView(t, s, 2, Change{Expunge: only(1), Marks: []Mark{{"bin", 1, only(2)}, {"seen", 2, only(2, 3)}}})
		}, 1, 1},
		{"a delete of nothing", func(t *testing.T, s *Spool) { must(t, expungeAll(s, 2, func(int) bool { return true })) }, 0, 0},
		{"a mail that is aborted", func(t *testing.T, s *Spool) {
			d, err := begin(s, 1)
			must(t, err)
			d.Write([]byte(mail("m", 3000)))
			d.Abort()
		}, 0, 0},
		{"reading", func(_ *testing.T, s *Spool) { contents(t, s, 2) }, 0, 0},
		{"an idle hour", func(t *testing.T, s *Spool) {
			for range 60 {
				time.Sleep(time.Minute)
				must(t, s.Maintain(context.Background()))
			}
		}, 0, 0},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				dev := flashtest.New(flashtest.Options{})
				s := open(t, dev)
				defer s.Close()
				for range 3 {
					must(t, deliver(s, mail("old", 500), 2))
				}
				must(t, deliver(s, mail("large", 17_000), 3)) // so that there is a bulk slot
				must(t, s.Maintain(context.Background()))
				before := dev.Stats()
				tt.do(t, s)
				got := dev.Stats().Sub(before)
				if got.Flushes != tt.flushes || got.Bytes != tt.pages*flash.Page {
					t.Errorf("%d flushes and %d pages, want %d and %d", got.Flushes, got.Bytes/flash.Page, tt.flushes, tt.pages)
				}
				if got.Creates+got.Removes+got.Stores > 0 || got.Grown > 0 {
					t.Errorf("names or sizes changed: %+v", got)
				}
			})
		})
	}
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// TestStagesAreUsedAgain: a mail costs no memory of its size when another one was there before.
func TestStagesAreUsedAgain(t *testing.T) {
	defer debug.SetGCPercent(debug.SetGCPercent(-1)) // which takes what is idle
	s := open(t, flashtest.New(flashtest.Options{}))
	defer s.Close()
	body := mail("m", 12<<10)
	must(t, deliver(s, body, 1))
	const mails = 200
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	for range mails {
		d, err := begin(s, 1)
		must(t, err)
		if _, err := d.Write([]byte(body)); err != nil {
			t.Fatal(err)
		}
		d.Abort()
	}
	runtime.ReadMemStats(&after)
	// The test itself copies the body.
	if each := (after.TotalAlloc - before.TotalAlloc) / mails; each > uint64(len(body))+4<<10+poolLoss {
		t.Errorf("%d bytes of memory for a mail of %d", each, len(body))
	}
}

// TestStagesComeBack: nothing is held for a mail that is in the spool, nor to write the next with.
func TestStagesComeBack(t *testing.T) {
	s := open(t, flashtest.New(flashtest.Options{}))
	for _, size := range []int{100, 40_000, 100_000, 200_000} {
		must(t, deliver(s, mail("kept", size), 1))
		if n := s.log.Staging().InUse(); n != 0 {
			t.Errorf("%d bytes are held behind a mail of %d", n, size)
		}
	}
	must(t, expungeAll(s, 1, none))
	if n := s.log.Staging().InUse(); n != 0 {
		t.Errorf("%d bytes are held behind a deletion", n)
	}
}
