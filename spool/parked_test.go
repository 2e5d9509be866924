package spool

import (
	"bytes"
	"errors"
	"fmt"
	"testing"

	"pillarbox/spool/flash"
	"pillarbox/spool/flash/flashtest"
)

// parkedSpool returns a spool with messages of both kinds in mailbox 1, among others that are gone,
// in segments that are worth emptying.
func parkedSpool(t *testing.T, mode flash.Mode) (s *Spool, dev *flashtest.Device, want []string) {
	t.Helper()
	dev = flashtest.New(flashtest.Options{Mode: mode})
	s = open(t, dev)
	for i := range 4 {
		for _, size := range []int{5_000, 30_000} {
			body := mail(fmt.Sprint("kept ", i, " ", size), size)
			must(t, deliver(s, body, 1))
			want = append(want, own(1, body))
			must(t, deliver(s, mail("passes", size), 2))
		}
	}
	must(t, sealHot(s))
	s.log.Probe().SealBulk()
	must(t, expungeAll(s, 2, none))
	return s, dev, want
}

// TestParkedDownloadSurvivesCleaning: sessions stop in the middle of a download. The spool moves
// their messages, retires the segments and writes over every slot that is free; the rest of each
// message is still what was stored. When they end, their slots are free again.
func TestParkedDownloadSurvivesCleaning(t *testing.T) {
	for _, mode := range []flash.Mode{flash.Recycle, flash.Append} {
		t.Run(mode.String(), func(t *testing.T) {
			s, _, want := parkedSpool(t, mode)
			defer s.Close()
			v, err := s.View(1)
			must(t, err)
			defer v.Close()
			var parked []*Message
			got := make([]bytes.Buffer, v.Len())
			for n := range got {
				m, err := v.Message(n + 1)
				must(t, err)
				half := make([]byte, m.Size()/2)
				_, err = m.ReadAt(half, 0)
				must(t, err)
				got[n].Write(half)
				parked = append(parked, m)
			}
			before := s.table.Newest()
			must(t, expungeAll(s, 1, none))
			for s.table.Newest() < before+40 { // more segments than there are slots
				must(t, deliver(s, mail("churn", 12_000), 3))
				must(t, expungeAll(s, 3, none))
			}
			for n, m := range parked {
				rest := make([]byte, m.Size()-int64(got[n].Len()))
				if k, err := m.ReadAt(rest, int64(got[n].Len())); k < len(rest) {
					t.Fatalf("message %d: %d of %d bytes, %v", n+1, k, len(rest), err)
				}
				got[n].Write(rest)
				if got[n].String() != want[n] {
					t.Errorf("message %d is not what was stored", n+1)
				}
			}
			free := s.table.Probe().Available()
			for _, m := range parked {
				must(t, m.Close())
			}
			if now := s.table.Probe().Available(); now <= free {
				t.Errorf("%d slots are free when the downloads ended, %d before", now, free)
			}
		})
	}
}

// TestViewDuringCleaning: a view is opened before its messages are moved. Each is read, before, in
// the middle of and after a compaction, wherever it lies then, and a label finds it.
func TestViewDuringCleaning(t *testing.T) {
	for _, mode := range []flash.Mode{flash.Recycle, flash.Append} {
		t.Run(mode.String(), func(t *testing.T) {
			s, _, want := parkedSpool(t, mode)
			defer s.Close()
			v, err := s.View(1)
			must(t, err)
			defer v.Close()
			check := func(when string) {
				t.Helper()
				for n := 1; n <= v.Len(); n++ {
					if body, _, err := readMessage(v, n); err != nil || body != want[n-1] {
						t.Fatalf("%s: message %d: %v", when, n, err)
					}
				}
			}
			check("before")
			copied := s.Stats().Lifetime.Copied
			must(t, s.Compact(t.Context(), func(int) { check("in the middle") }))
			if s.Stats().Lifetime.Copied == copied {
				t.Fatal("nothing was moved: the test shows nothing")
			}
			check("after")
			must(t, v.Update(t.Context(), Change{Marks: []Mark{{"seen", 3, numbers(v.Len())}}}))
			if days := marked(t, s, 1, "seen"); len(days) != len(want) || days[0] != 3 || days[len(days)-1] != 3 {
				t.Errorf("labels %v", days)
			}
			must(t, expungeAll(s, 1, none))
			if _, err := v.Message(1); err != nil && !errors.Is(err, ErrGone) {
				t.Errorf("an expunged message: %v", err)
			}
		})
	}
}

// TestDamageIsFoundBeforeItIsServed: bytes that age has changed are not served, whatever part of
// the message they are in, and the others of the mailbox are.
func TestDamageIsFoundBeforeItIsServed(t *testing.T) {
	for _, mode := range []flash.Mode{flash.Recycle, flash.Append} {
		_, dev, want := parkedSpool(t, mode)
		for _, text := range []string{"kept 1 5000 line 3\r", "kept 2 30000 line 900\r"} {
			after := dev.Clone()
			damageText(t, after, text)
			s := open(t, after) // nothing is verified yet
			v, err := s.View(1)
			must(t, err)
			bad := 0
			for n := 1; n <= v.Len(); n++ {
				body, _, err := readMessage(v, n)
				switch {
				case err != nil:
					bad++
				case body != want[n-1]:
					t.Errorf("%v, %q: message %d is served damaged", mode, text, n)
				}
			}
			if bad != 1 {
				t.Errorf("%v, %q: %d messages are not served, want 1", mode, text, bad)
			}
			v.Close()
			s.Close()
		}
	}
}
