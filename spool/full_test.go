package spool

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"pillarbox/spool/flash"
	"pillarbox/spool/flash/flashtest"
)

// TestFullSpoolWithHangingSessions: the spool is as full as it gets, and eight sessions hold a mail
// each that they never finish to read. Every delete goes through all the same, mail is taken again
// as soon as there is room, and what hangs reads what it always was.
func TestFullSpoolWithHangingSessions(t *testing.T) {
	for _, mode := range []flash.Mode{flash.Recycle, flash.Append} {
		for _, copyTime := range []time.Duration{0, time.Hour} {
			t.Run(fmt.Sprintf("%v copy time %v", mode, copyTime), func(t *testing.T) {
				t.Parallel()
				dev := flashtest.New(flashtest.Options{Mode: mode})
				opt := options(dev)
				opt.Capacity = 24 * testSlot
				opt.CopyTime = copyTime
				s, err := Open(context.Background(), opt)
				must(t, err)
				defer s.Close()
				fullWithHangingSessions(t, s)
				recount(t, s)
			})
		}
	}
}

func fullWithHangingSessions(t *testing.T, s *Spool) {
	rng := rand.New(rand.NewPCG(7, 7))
	fillUp := func() (taken int) {
		for i := range 1000 {
			err := deliver(s, mail(fmt.Sprint(i), 500+rng.IntN(14_000)), Key(1+rng.IntN(3)))
			if errors.Is(err, ErrFull) {
				return taken
			}
			must(t, err)
			taken++
			must(t, s.Maintain(context.Background()))
		}
		t.Fatal("it never gets full")
		return 0
	}
	fillUp()
	hanging := hang(t, s, 8)
	refused := 0
	for round := range repeat(3000) {
		box := Key(1 + rng.IntN(3))
		v, err := s.View(box)
		must(t, err)
		if v.Len() > 3 {
			gone := 1 + rng.IntN(v.Len())
			if err := v.Expunge(context.Background(), only(gone)); err != nil {
				t.Fatalf("round %d: a delete was refused: %v", round, err)
			}
		}
		v.Close()
		if round%3 == 0 && fillUp() == 0 {
			refused++
		}
	}
	for key := Key(1); key <= 3; key++ {
		must(t, expungeAll(s, key, func(n int) bool { return n%4 == 0 }))
	}
	if fillUp() == 0 {
		t.Error("no mail is taken although three quarters were deleted")
	}
	if refused == 0 {
		t.Error("it was never full")
	}
	for _, h := range hanging {
		h.check(t)
	}
}

// A hung is a session that does not finish to read.
type hung struct {
	message *Message
	want    string
}

func hang(t *testing.T, s *Spool, n int) []hung {
	t.Helper()
	var list []hung
	for i := range n {
		v, err := s.View(Key(1 + i%3))
		must(t, err)
		at := 1 + i*(v.Len()-1)/n
		body, _, err := readMessage(v, at)
		must(t, err)
		m, err := v.Message(at)
		must(t, err)
		list = append(list, hung{m, body})
	}
	return list
}

func (h hung) check(t *testing.T) {
	t.Helper()
	defer h.message.Close()
	b := make([]byte, h.message.Size())
	if n, _ := h.message.ReadAt(b, 0); n < len(b) || string(b) != h.want {
		t.Error("a hanging session reads another mail")
	}
}

// Whoever takes a slot and whoever makes slots ahead of time may both want the next one: a spool
// that has hardly begun is never full. Each round is another chance for the two to meet.
func TestSlotsAreTakenWhileTheyAreMade(t *testing.T) {
	for range 3000 {
		s := open(t, flashtest.New(flashtest.Options{Mode: flash.Recycle}))
		made := make(chan error)
		go func() { made <- s.Maintain(context.Background()) }()
		must(t, deliver(s, mail("first", 100), 1))
		must(t, <-made)
		must(t, s.Close())
	}
}

// TestForeignFullFileSystem: another program takes every byte that is left, and whatever becomes
// free. Deletes go through, one by one, also after a restart.
func TestForeignFullFileSystem(t *testing.T) {
	for _, again := range []bool{false, true} {
		t.Run(fmt.Sprint("opened again ", again), func(t *testing.T) {
			dev := flashtest.New(flashtest.Options{Mode: flash.Append, Capacity: 40 * testSlot})
			s := open(t, dev)
			must(t, s.Maintain(context.Background()))
			const mails = 40
			for i := range mails {
				must(t, deliver(s, mail(fmt.Sprint(i), 9000), 1))
			}
			must(t, s.Maintain(context.Background()))
			if again {
				must(t, s.Close())
				s = open(t, dev)
				must(t, s.Maintain(context.Background()))
			}
			for i := range mails {
				free, err := dev.Free()
				must(t, err)
				if free > 0 {
					must(t, dev.Store(fmt.Sprint("other ", i), make([]byte, free)))
				}
				if err := s.Maintain(context.Background()); err != nil {
					t.Errorf("before delete %d: %v", i, err)
				}
				if err := expungeAll(s, 1, func(n int) bool { return n > 1 }); err != nil {
					t.Fatalf("delete %d of %d: %v (%+v)", i, mails, err, s.Stats())
				}
			}
			recount(t, s)
		})
	}
}
