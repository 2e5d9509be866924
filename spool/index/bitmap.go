package index

import "math/bits"

// A Bitmap holds one bit per message: 1/8 B each. Bits beyond its end are zero.
type Bitmap []uint64

func (b Bitmap) Has(i int) bool { return i>>6 < len(b) && b[i>>6]>>(i&63)&1 != 0 }

// Set sets bit i, and grows the bitmap if needed.
func (b *Bitmap) Set(i int) {
	for i>>6 >= len(*b) {
		*b = append(*b, 0)
	}
	(*b)[i>>6] |= 1 << (i & 63)
}

// A Ranked finds the n-th bit that is not set among the first size bits. It is a copy of a
// mailbox's bitmap of expunged messages: 1/8 B per message, and 4 B for each 512 of them. It is
// used by one goroutine at a time.
type Ranked struct {
	dead  Bitmap
	size  int
	ranks []uint32 // live messages before each run of 512
	Live  int

	n, at int // the last result, from which a listing continues
}

const rankWords = 8

func RankLive(dead Bitmap, size int) Ranked {
	words := (size + 63) / 64
	r := Ranked{dead: make(Bitmap, words), size: size, ranks: make([]uint32, 0, words/rankWords+1), n: -1, at: -1}
	copy(r.dead, dead)
	for w := range words {
		if w%rankWords == 0 {
			r.ranks = append(r.ranks, uint32(r.Live))
		}
		r.Live += bits.OnesCount64(r.liveWord(w))
	}
	return r
}

func (r *Ranked) liveWord(w int) uint64 {
	word := ^r.dead[w]
	if over := (w+1)*64 - r.size; over > 0 {
		word &= ^uint64(0) >> over
	}
	return word
}

// Find returns the position of live message n, 0…live-1.
func (r *Ranked) Find(n int) int {
	switch {
	case r.Live == r.size:
		return n
	case n == r.n+1:
		r.at++
		for r.dead.Has(r.at) {
			r.at++
		}
	case n != r.n:
		r.at = r.search(n)
	}
	r.n = n
	return r.at
}

// search finds message n without the last result.
func (r *Ranked) search(n int) int {
	lo, hi := 0, len(r.ranks)
	for hi-lo > 1 {
		if mid := (lo + hi) / 2; int(r.ranks[mid]) <= n {
			lo = mid
		} else {
			hi = mid
		}
	}
	n -= int(r.ranks[lo])
	for w := lo * rankWords; ; w++ {
		word := r.liveWord(w)
		if c := bits.OnesCount64(word); n >= c {
			n -= c
			continue
		}
		for ; n > 0; n-- {
			word &= word - 1
		}
		return w*64 + bits.TrailingZeros64(word)
	}
}
