package spool

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"math/rand/v2"
	"testing"
	"testing/synctest"
	"time"

	"pillarbox/spool/flash"
	"pillarbox/spool/flash/flashtest"
	"pillarbox/spool/slots"
)

var copies = flag.Int("copies", 60, "copies that TestCopyWhileInUse makes")

// A copier copies the folder of a spool file by file, each in two halves, while work goes on in
// between: cp, tar or rsync.
type copier struct {
	rng  *rand.Rand
	from *flashtest.Device
	work func()
}

func (c *copier) copy(t *testing.T) *flashtest.Device {
	t.Helper()
	to := flashtest.New(flashtest.Options{Mode: c.from.Mode()})
	names, err := c.from.Names()
	if err != nil {
		t.Fatal(err)
	}
	c.rng.Shuffle(len(names), func(i, k int) { names[i], names[k] = names[k], names[i] })
	for _, name := range names {
		c.work()
		content := c.from.Bytes(name)
		if content == nil {
			continue // its slot was removed since
		}
		c.work()
		if now := c.from.Bytes(name); now != nil {
			content = append(content[:len(content)/2:len(content)/2], now[min(len(now), len(content)/2):]...)
		}
		restore(t, to, name, content)
	}
	return to
}

// checkCopy compares a copy with what was there when it was begun and when it was finished.
func checkCopy(s *Spool, before, after *oracle) error {
	for key, old := range before.boxes {
		v, err := s.View(key)
		if err != nil {
			return err
		}
		got := make(held)
		for n := 1; n <= v.Len(); n++ {
			uid := string(v.AppendUID(nil, n))
			body, _, err := readMessage(v, n)
			_, wasThere := old[uid]
			if err != nil && wasThere && after.boxes[key][uid] != "" {
				return fmt.Errorf("mailbox %d: %s: %w", key, uid, err)
			}
			if err == nil && body != after.given[uid] {
				return fmt.Errorf("mailbox %d: %s is another mail", key, uid)
			}
			if _, known := before.given[uid]; known && !wasThere {
				return fmt.Errorf("mailbox %d: %s was deleted before and is back", key, uid)
			}
			got[uid] = body
		}
		for uid := range old {
			if _, there := got[uid]; !there && after.boxes[key][uid] != "" {
				return fmt.Errorf("mailbox %d: %s is missing", key, uid)
			}
		}
		v.Close()
	}
	if err := deliver(s, mail("new", 200), 1); err != nil {
		return err
	}
	v, err := s.View(1)
	if err != nil {
		return err
	}
	if uid := string(v.AppendUID(nil, v.Len())); after.given[uid] != "" {
		return fmt.Errorf("the copy gave out the unique-id %s again", uid)
	}
	return nil
}

// TestCopyWhileInUse copies the folder while mail comes, is deleted and is moved. The copy holds
// every mail that was there when it was begun, but for what was deleted since, with the same
// unique-ids; and nothing that was deleted before.
func TestCopyWhileInUse(t *testing.T) {
	checked := 0
	for seed := range uint64(*copies) {
		synctest.Test(t, func(t *testing.T) {
			if copyOnce(t, seed) {
				checked++
			}
		})
	}
	if checked < *copies/2 {
		t.Errorf("only %d of %d copies were made without hurry", checked, *copies)
	}
}

// copyOnce returns false when room was needed meanwhile, so that the copy proves nothing.
func copyOnce(t *testing.T, seed uint64) bool {
	rng := rand.New(rand.NewPCG(seed, 2))
	dev := flashtest.New(flashtest.Options{Mode: []flash.Mode{flash.Recycle, flash.Append}[seed%2]})
	opt := options(dev)
	opt.Capacity = 24 * testSlot
	opt.CopyTime = 2 * time.Hour
	s, err := Open(context.Background(), opt)
	if err != nil {
		t.Fatal(err)
	}
	o := newOracle()
	steps := append(randomSteps(seed), randomSteps(seed+1000)...)
	next := func(pause time.Duration) {
		for len(steps) > 0 && steps[0].do == nil {
			steps = steps[1:]
		}
		if len(steps) == 0 {
			return
		}
		if st, err := o.run(s, steps[:1], nil); err != nil {
			t.Fatalf("seed %d: %s: %v", seed, name(st), err)
		}
		steps = steps[1:]
		time.Sleep(pause)
	}
	for range 20 + rng.IntN(40) {
		next(time.Duration(rng.IntN(40)) * time.Minute)
	}
	before, hurried := o.clone(), s.Stats().Hurried
	c := &copier{rng, dev, func() {
		for range rng.IntN(4) {
			next(time.Minute)
		}
	}}
	copied := c.copy(t)
	if s.Stats().Hurried > hurried {
		return false
	}
	opt.Volume = copied
	twin, err := Open(context.Background(), opt)
	if err != nil {
		t.Fatalf("seed %d: %v", seed, err)
	}
	if err := checkCopy(twin, before, o); err != nil {
		t.Fatalf("seed %d: %v", seed, err)
	}
	return true
}

func TestHold(t *testing.T) {
	s := open(t, flashtest.New(flashtest.Options{}))
	fillAndEmpty := func() int {
		for i := range 12 {
			if err := deliver(s, mail(fmt.Sprint(i), 11_000), 1); err != nil {
				t.Fatal(err)
			}
		}
		if err := expungeAll(s, 1, none); err != nil {
			t.Fatal(err)
		}
		return s.log.Reclaimed()
	}
	h := s.Hold()
	if fillAndEmpty() != 0 {
		t.Error("a segment was retired while it was held")
	}
	if err := h.Release(); err != nil {
		t.Error(err)
	}
	if fillAndEmpty() == 0 {
		t.Error("no segment was retired afterwards")
	}
	h = s.Hold()
	for range 12 { // more than there is room for
		fillAndEmpty()
	}
	if err := h.Release(); !errors.Is(err, ErrHurried) {
		t.Errorf("%v, want %v", err, ErrHurried)
	}
	if err := h.Release(); err != nil {
		t.Errorf("second release: %v", err)
	}
}

// TestHoldMakesNoSlotsAhead: while a copy is made no file appears and gets another name
func TestHoldMakesNoSlotsAhead(t *testing.T) {
	s := open(t, flashtest.New(flashtest.Options{}))
	defer s.Close()
	h := s.Hold()
	must(t, s.Maintain(t.Context()))
	if n := s.table.Probe().Existing(); n != 0 {
		t.Errorf("%d slots were made", n)
	}
	must(t, h.Release())
	<-s.Chores()
	must(t, s.Maintain(t.Context()))
	if n := s.table.Probe().Existing(); n != slots.Reserved+1 {
		t.Errorf("%d slots after the hold, want %d", n, slots.Reserved+1)
	}
}
