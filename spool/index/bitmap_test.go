package index

import (
	"math/rand/v2"
	"testing"

	"pillarbox/spool/format"
)

func TestRankedFindsWhatCountingFinds(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	for _, size := range []int{0, 1, 63, 64, 65, 511, 512, 513, 5000} {
		for _, share := range []float64{0, 0.1, 0.5, 0.99, 1} {
			var dead Bitmap
			var want []int
			for i := range size {
				if rng.Float64() < share {
					dead.Set(i)
				} else {
					want = append(want, i)
				}
			}
			r := RankLive(dead, size)
			if r.Live != len(want) {
				t.Fatalf("%d of %d live, want %d", r.Live, size, len(want))
			}
			check := func(n int) {
				if got := r.Find(n); got != want[n] {
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
	box := &Mailbox{}
	for i := range 3 * SweepRows {
		box.Add(Entry{Identity: format.Identity{Epoch: 1, Seq: uint32(i)}, Octets: 10})
		if i%10 == 0 {
			box.Verified.Set(i)
		}
	}
	for i := range 2 * SweepRows {
		box.Expunge(i)
	}
	box.Sweep(false)
	if box.Entries.N != SweepRows || box.Live != SweepRows || box.Octets != 10*SweepRows {
		t.Fatalf("%d rows, %d live, %d octets", box.Entries.N, box.Live, box.Octets)
	}
	for i := range box.Entries.N {
		r := box.Entries.At(i)
		if int(r.Seq) != 2*SweepRows+i || box.Verified.Has(i) != (r.Seq%10 == 0) {
			t.Fatalf("row %d is message %d, verified %v", i, r.Seq, box.Verified.Has(i))
		}
	}
}
