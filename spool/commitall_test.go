package spool

import (
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"

	"pillarbox/spool/flash/flashtest"
)

// written returns a delivery of a mail of about size bytes that is ready to be committed.
func written(t *testing.T, s *Spool, name string, size int) Written {
	t.Helper()
	d, err := begin(s, 1)
	if err != nil {
		t.Fatal(err)
	}
	text := mail(name, size)
	if _, err := io.WriteString(d, text); err != nil {
		t.Fatal(err)
	}
	return Written{d, Shape{Octets: int64(len(text))}}
}

func TestCommitAllKeepsTheOrderAndSharesFlushes(t *testing.T) {
	dev := flashtest.New(flashtest.Options{})
	s := open(t, dev)
	if n, err := s.CommitAll([]Written{written(t, s, "large", 40_000), written(t, s, "small", 1)}); n != 2 || err != nil {
		t.Fatal(n, err)
	}
	before := dev.Stats()
	var list []Written
	sizes := []int{100, 5000, 4000, 1, 6000, 3000}
	for i, size := range sizes {
		list = append(list, written(t, s, fmt.Sprint("mail ", i, " "), size))
	}
	if n, err := s.CommitAll(list); n != len(sizes) || err != nil {
		t.Fatalf("%d, %v", n, err)
	}
	if flushes := dev.Stats().Sub(before).Flushes; flushes != 1 {
		t.Errorf("%d flushes, want 1", flushes)
	}
	v, err := s.View(1)
	if err != nil {
		t.Fatal(err)
	}
	defer v.Close()
	if v.Len() != 2+len(sizes) {
		t.Fatalf("%d messages", v.Len())
	}
	for i, size := range sizes {
		if got, _, err := readMessage(v, 2+i+1); err != nil || !strings.HasSuffix(got, mail(fmt.Sprint("mail ", i, " "), size)) {
			t.Errorf("message %d: %.20q, %v", i+1, got, err)
		}
	}
}

// TestCommitAllStopsAtTheFirstFault checks that what comes before a bad delivery is kept, and
// nothing after it.
func TestCommitAllStopsAtTheFirstFault(t *testing.T) {
	s := open(t, flashtest.New(flashtest.Options{}))
	bad := written(t, s, "bad", 100)
	bad.Shape.Octets = s.opt.MaxMessage + 1
	list := []Written{written(t, s, "a", 100), written(t, s, "b", 100), bad, written(t, s, "c", 100)}
	if n, err := s.CommitAll(list); n != 2 || !errors.Is(err, ErrTooLarge) {
		t.Errorf("%d, %v", n, err)
	}
	v, err := s.View(1)
	if err != nil {
		t.Fatal(err)
	}
	defer v.Close()
	if v.Len() != 2 {
		t.Errorf("%d messages", v.Len())
	}
	if _, err := list[3].Delivery.Write([]byte("x")); err == nil {
		if err := list[3].Delivery.Commit(t.Context(), list[3].Shape); !errors.Is(err, ErrClosed) {
			t.Errorf("a delivery behind the fault has not ended: %v", err)
		}
	}
}
