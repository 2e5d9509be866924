package spool

import (
	"context"
	"math/rand/v2"
	"testing"

	"pillarbox/spool/flash/flashtest"
)

// TestAvailableBuffer: mail that is appended to what AvailableBuffer returns is stored, in the log
// and in extents, whatever is written from elsewhere between. It is kept where it was appended.
func TestAvailableBuffer(t *testing.T) {
	t.Parallel()
	s, err := Open(context.Background(), Options{Volume: flashtest.New(flashtest.Options{Capacity: 256 << 20}), Capacity: 128 << 20})
	must(t, err)
	defer s.Close()
	for i, size := range []int{100, 16 << 10, 100_000, 256 << 10, 700_000} {
		to, body := Key(i+1), mail("m", size)
		d, err := begin(s, to)
		must(t, err)
		random, lent := rand.New(rand.NewPCG(1, uint64(i))), 0
		for rest := body; len(rest) > 0; {
			room := d.AvailableBuffer()
			if len(room) != 0 || cap(room) == 0 {
				t.Fatalf("a buffer with %d octets and room for %d", len(room), cap(room))
			}
			n := min(len(rest), 1+random.IntN(5000))
			within := n <= cap(room) && (lent == 0 || random.IntN(4) > 0)
			if !within {
				room = nil
			}
			room = append(room, rest[:n]...)
			if _, err := d.Write(room); err != nil {
				t.Fatal(err)
			}
			if within {
				lent++
				if &room[0] != &d.buf[len(d.buf)-n] {
					t.Errorf("%d octets were copied", n)
				}
			}
			rest = rest[n:]
		}
		must(t, d.Commit(context.Background(), shapeOf(body)))
		if lent == 0 || d.AvailableBuffer() != nil {
			t.Errorf("%d writes of lent memory; after Commit %d octets are lent", lent, cap(d.AvailableBuffer()))
		}
		for _, got := range contents(t, s, to) {
			if got != own(to, body) {
				t.Errorf("of %d octets, what is stored differs", len(body))
			}
		}
	}
}
