package pop3

import "iter"

// marks are the messages that DELE has marked as deleted, and the sums of the others. They take one
// bit for each message, from the first DELE on.
type marks struct {
	bits    []uint64 // nil until the first mark; bit n-1 is message n
	total   int32    // messages in the maildrop
	marked  int32
	octets  int64 // as listed, of the messages that are not marked
	maximum int64 // as listed, of all
}

// newMarks returns no marks on a maildrop.
func newMarks(m Maildrop) marks {
	k := marks{total: int32(m.Len())}
	for n := 1; n <= k.messages(); n++ {
		k.maximum += m.Octets(n)
	}
	k.octets = k.maximum
	return k
}

// messages returns the number of messages, marked ones included.
func (k *marks) messages() int { return int(k.total) }

// left returns the number of messages that are not marked.
func (k *marks) left() int { return int(k.total - k.marked) }

// has reports whether message n is marked.
func (k *marks) has(n int) bool {
	return k.bits != nil && k.bits[(n-1)/64]&(1<<uint((n-1)%64)) != 0
}

// add marks message n, which has this many octets and is not marked.
func (k *marks) add(n int, octets int64) {
	if k.bits == nil {
		k.bits = make([]uint64, (k.total+63)/64)
	}
	k.bits[(n-1)/64] |= 1 << uint((n-1)%64)
	k.marked++
	k.octets -= octets
}

// clear removes all marks.
func (k *marks) clear() {
	clear(k.bits)
	k.marked, k.octets = 0, k.maximum
}

// all yields the marked messages in order.
func (k *marks) all() iter.Seq[int] {
	return func(yield func(int) bool) {
		for n := 1; n <= k.messages(); n++ {
			if k.has(n) && !yield(n) {
				return
			}
		}
	}
}
