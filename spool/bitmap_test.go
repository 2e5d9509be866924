package spool

import (
	"math/rand/v2"
	"testing"
)

func TestRankedFindsWhatCountingFinds(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	for _, size := range []int{0, 1, 63, 64, 65, 511, 512, 513, 5000} {
		for _, share := range []float64{0, 0.1, 0.5, 0.99, 1} {
			var dead bitmap
			var want []int
			for i := range size {
				if rng.Float64() < share {
					dead.set(i)
				} else {
					want = append(want, i)
				}
			}
			r := rankLive(dead, size)
			if r.live != len(want) {
				t.Fatalf("%d of %d live, want %d", r.live, size, len(want))
			}
			check := func(n int) {
				if got := r.find(n); got != want[n] {
					t.Fatalf("size %d share %v: live message %d is at %d, want %d", size, share, n, got, want[n])
				}
			}
			for n := range want {
				check(n)
			}
			for range want { // here and there, with a few in a row
				n := rng.IntN(len(want))
				for k := n; k < min(n+3, len(want)); k++ {
					check(k)
					check(k)
				}
			}
		}
	}
}

func TestSweepKeepsTheLiving(t *testing.T) {
	box := &mailbox{}
	for i := range 3 * sweepRows {
		box.add(row{identity: identity{1, uint32(i)}, octets: 10})
		if i%10 == 0 {
			box.verified.set(i)
		}
	}
	for i := range 2 * sweepRows {
		box.kill(i)
	}
	box.sweep()
	if len(box.rows) != sweepRows || box.live != sweepRows || box.octets != 10*sweepRows {
		t.Fatalf("%d rows, %d live, %d octets", len(box.rows), box.live, box.octets)
	}
	for i, r := range box.rows {
		if int(r.seq) != 2*sweepRows+i || box.verified.has(i) != (r.seq%10 == 0) {
			t.Fatalf("row %d is message %d, verified %v", i, r.seq, box.verified.has(i))
		}
	}
}
