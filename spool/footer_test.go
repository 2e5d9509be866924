package spool

import (
	"context"
	"io"
	"math/rand/v2"
	"testing"

	"pillarbox/spool/format"

	"pillarbox/spool/flash/flashtest"
)

// TestFooterOfMailForManyFits fills segments with mail for a thousand mailboxes each: a footer
// names every mailbox by its key and by a position, and must not reach into the last batch.
func TestFooterOfMailForManyFits(t *testing.T) {
	for _, size := range []int{100, 10_100, 12_100, 14_100} {
		dev := flashtest.New(flashtest.Options{})
		s := open(t, dev)
		rng := rand.New(rand.NewPCG(7, 7))
		sent := 0
		for ; sent < 2 || hot(s).Segment < 2; sent++ {
			to := make([]Recipient, format.MaxRecipients)
			for i := range to {
				to[i].Mailbox = Key(rng.Uint64() | 1<<60)
			}
			body := mail("m", 100)
			if sent == 0 {
				body = mail("m", size)
			}
			d, err := s.Begin(context.Background(), Envelope{}, to)
			if err != nil {
				t.Fatal(err)
			}
			io.WriteString(d, body)
			if err := d.Commit(context.Background(), shapeOf(body)); err != nil {
				t.Fatal(err)
			}
		}
		s.Close()
		s = open(t, dev)
		r, err := s.Verify(context.Background(), nil)
		if err != nil || r.Messages != sent*format.MaxRecipients || len(r.Damaged) > 0 {
			t.Errorf("a first mail of %d bytes: %d of %d messages, %d damaged, %v", size, r.Messages, sent*format.MaxRecipients, len(r.Damaged), err)
		}
	}
}

// TestFooterNamesEpoch: an open that has written nothing but a tombstone into a segment that is
// sealed is not forgotten. A later one that drew the same epoch again, or one before it, would let
// a batch count that was never acknowledged.
func TestFooterNamesEpoch(t *testing.T) {
	dev := flashtest.New(flashtest.Options{})
	s := open(t, dev)
	for range 4 {
		must(t, deliver(s, mail("m", 300), 1))
	}
	for epoch := uint32(2); epoch < 6; epoch++ {
		s.Close()
		s = open(t, dev)
		must(t, expungeAll(s, 1, func(n int) bool { return n != 1 }))
		at, _ := s.log.Freeze()
		s.log.Thaw()
		if at.Epoch != epoch {
			t.Errorf("open %d draws epoch %d", epoch, at.Epoch)
		}
		must(t, sealHot(s))
	}
	s.Close()
}

// TestFooterOfAnOpenWithoutABatch: a footer that is the first thing an open writes has the epoch of
// this open, and the next one draws a later one.
func TestFooterOfAnOpenWithoutABatch(t *testing.T) {
	dev := flashtest.New(flashtest.Options{})
	s := open(t, dev)
	must(t, deliver(s, mail("of the first open", 300), 1))
	first := firstOf(s, 1).Epoch
	must(t, s.Close())
	s = open(t, dev)
	must(t, s.log.Probe().Seal(format.ClassLog))
	must(t, s.Close())
	s = open(t, dev)
	defer s.Close()
	must(t, deliver(s, mail("of the third", 300), 2))
	if got := firstOf(s, 2).Epoch; got != first+2 {
		t.Errorf("the third open draws epoch %d, the first one had %d", got, first)
	}
}
