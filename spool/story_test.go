package spool

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"sync"
	"testing"

	"pillarbox/spool/flash"
	"pillarbox/spool/flash/flashtest"
)

// TestEverythingAtOnce delivers, deletes, labels, lists and reads mail, keeps house, holds and
// compacts, all at once, and closes the spool in the middle of it. It is for the race detector.
// Every call ends well, or with an error that its documentation names; what is read is what was
// delivered; and a restart finds a spool that is in order.
func TestEverythingAtOnce(t *testing.T) {
	for _, mode := range []flash.Mode{flash.Recycle, flash.Append} {
		t.Run(mode.String(), func(t *testing.T) {
			dev := flashtest.New(flashtest.Options{Mode: mode})
			opt := options(dev)
			opt.Capacity = 24 * testSlot
			s, err := Open(context.Background(), opt)
			must(t, err)
			st := &story{t: t, s: s}
			var busy, rest sync.WaitGroup
			for i, do := range []func(int) error{st.delivers, st.delivers, st.deletes, st.labels, st.reads, st.reads} {
				busy.Go(func() { st.repeat(80, do, i) })
			}
			for i, do := range []func(int) error{st.maintains, st.holds, st.compacts, st.delivers, st.reads} {
				rest.Go(func() { st.repeat(1<<30, do, i) }) // until it is closed
			}
			busy.Wait()
			must(t, s.Close())
			rest.Wait()
			s, err = Open(context.Background(), options(dev.Clone()))
			must(t, err)
			recount(t, s)
			r, err := s.Verify(context.Background(), nil)
			if err != nil || len(r.Damaged) > 0 || r.Lost > 0 {
				t.Errorf("after a restart: %d damaged, %d lost, %v", len(r.Damaged), r.Lost, err)
			}
		})
	}
}

type story struct {
	t *testing.T
	s *Spool
}

// repeat does something n times, or until the spool is closed.
func (st *story) repeat(n int, do func(int) error, seed int) {
	for i := range n {
		switch err := do(i*7 + seed); {
		case errors.Is(err, ErrClosed):
			return
		case err != nil && !errors.Is(err, ErrFull) && !errors.Is(err, ErrHurried):
			st.t.Error(err)
			return
		}
	}
}

func (st *story) delivers(i int) error {
	size := []int{300, 2000, 9000, 300, 30_000}[i%5]
	return deliver(st.s, mail(fmt.Sprint("story ", i, " of ", size), size), Key(1+i%3), 4)
}

func (st *story) deletes(i int) error {
	return expungeAll(st.s, Key(1+i%4), func(n int) bool { return n%7 == i%7 || n > 40 })
}

func (st *story) labels(i int) error { return labels(Key(1+i%4), i%1000).do(st.s) }

func (st *story) maintains(int) error { return st.s.Maintain(st.t.Context()) }

func (st *story) compacts(int) error {
	err := st.s.Compact(st.t.Context(), nil)
	if err != nil && strings.Contains(err.Error(), "copy of it") {
		return nil
	}
	return err
}

func (st *story) holds(i int) error {
	if _, err := st.s.View(1); err != nil {
		return err
	}
	st.s.Stats()
	if i%29 != 0 {
		return nil // or nothing would ever be compacted
	}
	h := st.s.Hold()
	if err := st.s.Room(int64(i % 50_000)); err != nil && !errors.Is(err, ErrFull) {
		return errors.Join(err, h.Release())
	}
	return h.Release()
}

// reads reads a mailbox; what was expunged meanwhile may be gone.
func (st *story) reads(i int) error {
	key := Key(1 + i%4)
	v, err := st.s.View(key)
	if err != nil {
		return err
	}
	defer v.Close()
	for n := 1; n <= min(v.Len(), 8); n++ {
		body, _, err := readMessage(v, n)
		switch {
		case errors.Is(err, ErrGone):
			continue
		case errors.Is(err, os.ErrClosed):
			return ErrClosed
		case err != nil:
			return err
		}
		_, rest, _ := strings.Cut(body, "Subject: ")
		name, _, _ := strings.Cut(rest, "\r\n")
		_, size, _ := strings.Cut(name, " of ")
		var octets int
		fmt.Sscan(size, &octets)
		if body != own(key, mail(name, octets)) {
			return fmt.Errorf("mailbox %d holds another mail than %q", key, name)
		}
	}
	return nil
}

// TestCompactBesideMoves is for the race detector: Compact looks at a segment that is worth nothing
// to it while what lives there is counted again.
func TestCompactBesideMoves(t *testing.T) {
	s := open(t, flashtest.New(flashtest.Options{}))
	must(t, deliver(s, mail("stays", 13*flash.Page-100), 1))
	must(t, deliver(s, mail("spans two segments", 17_000), 2))
	must(t, expungeAll(s, 2, none))
	worth, ok := victim(s)
	if !ok || worth.Bytes <= testSlot/100*75 {
		t.Fatal("no segment is nearly worth compacting: the test shows nothing")
	}
	moved := make(chan error)
	go func() {
		var err error
		for range 200 {
			if e := moves(1).do(s); !errors.Is(e, ErrFull) { // Compact is not always as fast
				err = errors.Join(err, e)
			}
		}
		moved <- err
	}()
	for {
		select {
		case err := <-moved:
			must(t, err)
			recount(t, s)
			return
		default:
			must(t, s.Compact(t.Context(), nil))
		}
	}
}
