package spool

import (
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"testing"

	"pillarbox/spool/flash/flashtest"
)

// readAhead reads message n of a view, and what follows it ahead.
func readAhead(v *View, n int, octets int64) (string, error) {
	m, err := v.MessageAhead(n, octets)
	if err != nil {
		return "", err
	}
	defer m.Recycle()
	p := make([]byte, m.Size())
	if k, err := m.ReadAt(p, 0); k < len(p) || err != nil && !errors.Is(err, io.EOF) {
		return "", fmt.Errorf("%d of %d bytes, %w", k, len(p), err)
	}
	return string(p), nil
}

// TestAhead: whatever was read ahead, a message reads as it does by itself: in any order, with any
// room, beside the mail of another mailbox, after it was moved, and after its slot was used again.
func TestAhead(t *testing.T) {
	t.Parallel()
	s := open(t, flashtest.New(flashtest.Options{}))
	defer s.Close()
	rng := rand.New(rand.NewPCG(3, 4))
	const messages = 30
	for i := range messages {
		size := 250 + rng.IntN(1500)
		if i%10 == 9 {
			size = 20_000
		}
		must(t, deliver(s, mail(fmt.Sprint("m", i), size), 1))
		if i%3 == 0 {
			must(t, deliver(s, mail("other", 250+rng.IntN(3000)), 2))
		}
	}
	v, err := s.View(1)
	must(t, err)
	defer v.Close()
	want := make([]string, messages+1)
	for n := 1; n <= messages; n++ {
		want[n], _, err = readMessage(v, n)
		must(t, err)
	}
	held := 0
	check := func(when string) {
		t.Helper()
		for i := range 10 * messages {
			n := 1 + i%messages
			if rng.IntN(4) == 0 {
				n = 1 + rng.IntN(messages)
			}
			got, err := readAhead(v, n, int64(rng.IntN(80_000)-10_000))
			if err != nil || got != want[n] {
				t.Fatalf("%s: message %d reads %.50q, %v, want %.50q", when, n, got, err, want[n])
			}
			held += s.reader.Held()
			if rng.IntN(20) == 0 {
				v.Rest()
				if n := s.reader.Held(); n != 0 {
					t.Fatalf("%s: after Rest %d are held", when, n)
				}
			}
		}
	}
	check("as it was written")
	if held == 0 {
		t.Error("nothing was read ahead")
	}
	slot := uint32(v.rows.At(0).Slot)
	segment := s.table.Segment(slot)
	for i := range messages {
		_, err := readAhead(v, max(i, 1), 1<<20) // it is in memory, and moves
		must(t, err)
		mv, err := readMove(s, boxOf(s, 1).Entries.At(i).Location())
		must(t, err)
		must(t, s.log.Commit(mv))
		if i%5 == 0 {
			check("while it is moved")
		}
	}
	must(t, expungeAll(s, 2, none))
	for i := 0; s.table.Segment(slot) == segment; i++ {
		if i == 1000 {
			t.Fatal("the old slot is never used again: the test shows nothing")
		}
		must(t, errors.Join(deliver(s, mail("churn", 11_000), 3), expungeAll(s, 3, none)))
	}
	check("after its slot was used again")
	if _, err := readAhead(v, 1, 1<<20); err != nil {
		t.Error(err)
	}
	v.Close()
	if n := s.reader.Held(); n != 0 {
		t.Errorf("%d are held after Close", n)
	}
}
