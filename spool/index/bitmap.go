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

// empty reports whether no bit is set.
func (b Bitmap) empty() bool {
	for _, word := range b {
		if word != 0 {
			return false
		}
	}
	return true
}

// A Ranked finds the n-th bit that is not set among the first size bits. It is a copy of a
// mailbox's bitmap of expunged messages: 1/8 B per message, and 4 B for each 512 of them, or
// nothing if none is expunged. It is used by one goroutine at a time.
type Ranked struct {
	dead  Bitmap
	size  int
	ranks []uint32 // live messages before each run of 512
	Live  int

	n, at int32 // the last result, from which a listing continues
}

const rankWords = 8

func RankLive(dead Bitmap, size int) Ranked {
	if dead.empty() {
		return Ranked{size: size, Live: size, n: -1, at: -1}
	}
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
	case int32(n) == r.n+1:
		r.at++
		for r.dead.Has(int(r.at)) {
			r.at++
		}
	case int32(n) != r.n:
		r.at = int32(r.search(n))
	}
	r.n = int32(n)
	return int(r.at)
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
