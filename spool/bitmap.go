package spool

import "math/bits"

// A bitmap holds a bit a message: 1/8 B a message. The bits past its end are zero.
type bitmap []uint64

func (b bitmap) has(i int) bool { return i>>6 < len(b) && b[i>>6]>>(i&63)&1 != 0 }

// set grows the bitmap as far as it must.
func (b *bitmap) set(i int) {
	for i>>6 >= len(*b) {
		*b = append(*b, 0)
	}
	(*b)[i>>6] |= 1 << (i & 63)
}

// A ranked finds the n-th bit that is not set among the first size ones. It is a copy of a
// mailbox's bitmap of dead messages: 1/8 B a message, and 4 B for each 512 of them. It is used by one goroutine at a time.
type ranked struct {
	dead  bitmap
	size  int
	ranks []uint32 // live messages before each run of 512
	live  int

	n, at int // what was found last; listings go on from there
}

const rankWords = 8

func rankLive(dead bitmap, size int) ranked {
	words := (size + 63) / 64
	r := ranked{dead: make(bitmap, words), size: size, ranks: make([]uint32, 0, words/rankWords+1), n: -1, at: -1}
	copy(r.dead, dead)
	for w := range words {
		if w%rankWords == 0 {
			r.ranks = append(r.ranks, uint32(r.live))
		}
		r.live += bits.OnesCount64(r.liveWord(w))
	}
	return r
}

func (r *ranked) liveWord(w int) uint64 {
	word := ^r.dead[w]
	if over := (w+1)*64 - r.size; over > 0 {
		word &= ^uint64(0) >> over
	}
	return word
}

// find returns the position of live message n, 0…live-1.
func (r *ranked) find(n int) int {
	switch {
	case r.live == r.size:
		return n
	case n == r.n+1:
		r.at++
		for r.dead.has(r.at) {
			r.at++
		}
	case n != r.n:
		r.at = r.search(n)
	}
	r.n = n
	return r.at
}

// search is find that begins anew.
func (r *ranked) search(n int) int {
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
