package spool

import (
	"context"
	"errors"
	"maps"
	"testing"

	"pillarbox/spool/flash/flashtest"
	"pillarbox/spool/slots"
)

func TestVerifyNamesTheDamage(t *testing.T) {
	dev := flashtest.New(flashtest.Options{})
	s := open(t, dev)
	for _, size := range []int{300, 5000, 40_000} {
		if err := deliver(s, mail("m", size), 1, 2); err != nil {
			t.Fatal(err)
		}
	}
	r, err := s.Verify(context.Background(), nil)
	if err != nil || r.Messages != 6 || len(r.Damaged) != 0 || r.Lost != 0 {
		t.Fatalf("a sound spool: %+v, %v", r, err)
	}
	v, _ := s.View(1)
	want := string(v.AppendUID(nil, 3))
	e := recordAt(s, v.rows.At(3-1).Location()).Extents[0]
	dev.Corrupt(slots.Name(e.Slot), int64(e.Page)*4096+1000, 4)
	dev.Corrupt("00000", int64(v.rows.At(0).Offset)*8+200, 4)
	calls := 0
	r, err = s.Verify(context.Background(), func(done, total int) {
		if calls++; done != calls || total != 6 {
			t.Errorf("progress %d of %d in call %d", done, total, calls)
		}
	})
	if err != nil || r.Messages != 6 || len(r.Damaged) != 4 {
		t.Fatalf("two damaged mails of two recipients: %+v, %v", r, err)
	}
	if d := r.Damaged[1]; d.Mailbox != 1 || d.UID != want {
		t.Errorf("%+v is damaged, want %s in mailbox 1", d, want)
	}
}

// TestScrubAfterStart: damage to mail that was written last is known before anybody asks for it.
func TestScrubAfterStart(t *testing.T) {
	dev := flashtest.New(flashtest.Options{})
	s := open(t, dev)
	for range 8 {
		if err := deliver(s, mail("m", 9000), 1); err != nil {
			t.Fatal(err)
		}
	}
	v, _ := s.View(1)
	at := v.rows.At(0).Location()
	s.Close()
	dev = dev.Clone()
	dev.Corrupt(slots.Name(at.Slot), int64(at.Offset)*8+5000, 1)
	s = open(t, dev)
	if n := s.Stats().Damaged; n != 0 {
		t.Fatalf("%d damaged before the scrub: the test shows nothing", n)
	}
	for range 2 {
		if err := s.Maintain(context.Background()); err != nil {
			t.Fatal(err)
		}
		if n := s.Stats().Damaged; n != 1 {
			t.Errorf("%d damaged after the scrub, want 1", n)
		}
	}
}

func TestCompactOnDemand(t *testing.T) {
	dev := flashtest.New(flashtest.Options{})
	s := open(t, dev)
	for i := range 30 {
		if err := errors.Join(deliver(s, mail("kept", 500), 1), deliver(s, mail("dies", 9000), 2)); err != nil {
			t.Fatalf("%d: %v", i, err)
		}
	}
	if err := expungeAll(s, 2, none); err != nil {
		t.Fatal(err)
	}
	before, kept := s.Stats(), contents(t, s, 1)
	if err := s.Compact(context.Background(), nil); err != nil {
		t.Fatal(err)
	}
	after := s.Stats()
	if after.FreeSlots < before.FreeSlots+5 {
		t.Errorf("%d slots were free, %d are now", before.FreeSlots, after.FreeSlots)
	}
	if now := contents(t, s, 1); !maps.Equal(kept, now) {
		t.Errorf("compaction changed the mailbox")
	}
	again := after.Lifetime.Copied
	if err := s.Compact(context.Background(), nil); err != nil || s.Stats().Lifetime.Copied != again {
		t.Errorf("a second compaction moved %d bytes more, %v", s.Stats().Lifetime.Copied-again, err)
	}
	recount(t, s)
}

func TestImportedUniqueID(t *testing.T) {
	dev := flashtest.New(flashtest.Options{})
	s := open(t, dev)
	d, err := s.Begin(context.Background(), Envelope{UID: "0000001a4f"}, []Recipient{{Mailbox: 1}})
	if err != nil {
		t.Fatal(err)
	}
	body := mail("imported", 300)
	d.Write([]byte(body))
	if err := d.Commit(context.Background(), shapeOf(body)); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if got := contents(t, s, 1); got["0000001a4f"] != body {
			t.Errorf("the mailbox holds %v", maps.Collect(maps.All(got)))
		}
		s.Close()
		s = open(t, dev.Clone())
	}
}
