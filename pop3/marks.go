package pop3

import "iter"

// marks are the messages that DELE marked as deleted, and the sums of the others. They cost
// one bit a message, from the first DELE on.
type marks struct {
	bits    []uint64 // nil until the first mark; bit n-1 is message n
	total   int      // messages in the maildrop
	marked  int
	octets  int64 // as listed, of the messages that are not marked
	maximum int64 // as listed, of all
}

// newMarks returns no marks on a maildrop.
func newMarks(m Maildrop) marks {
	k := marks{total: m.Len()}
	for n := 1; n <= k.total; n++ {
		k.maximum += m.Octets(n)
	}
	k.octets = k.maximum
	return k
}

// left returns how many messages are not marked.
func (k *marks) left() int { return k.total - k.marked }

// has reports whether message n is marked.
func (k *marks) has(n int) bool {
	return k.bits != nil && k.bits[(n-1)/64]&(1<<uint((n-1)%64)) != 0
}

// add marks message n, of so many octets, which is not marked.
func (k *marks) add(n int, octets int64) {
	if k.bits == nil {
		k.bits = make([]uint64, (k.total+63)/64)
	}
	k.bits[(n-1)/64] |= 1 << uint((n-1)%64)
	k.marked++
	k.octets -= octets
}

// clear takes all marks away.
func (k *marks) clear() {
	clear(k.bits)
	k.marked, k.octets = 0, k.maximum
}

// all yields the marked messages in order.
func (k *marks) all() iter.Seq[int] {
	return func(yield func(int) bool) {
		for n := 1; n <= k.total; n++ {
			if k.has(n) && !yield(n) {
				return
			}
		}
	}
}
