package format

import (
	"cmp"
	"slices"
	"sort"

	"github.com/tinylib/msgp/msgp"
)

// A TombstoneSet is a part of a tombstone record: messages of one mailbox and one open that were
// expunged while they were in one segment. It counts as long as that segment is on the device and
// not retired; then it is dropped.
type TombstoneSet struct {
	Key     Key
	Segment uint64 // that held the messages when the record was written
	Epoch   uint32
	Tag     uint64
	Seqs    []uint32 // ascending
}

// TombstoneSetSize bounds the bytes of a TombstoneSet without its messages.
const TombstoneSetSize = 40

// SeqSize bounds the bytes of one message in a tombstone or label record.
const SeqSize = 5

// Weight bounds the bytes of the set.
func (g *TombstoneSet) Weight() int64 { return TombstoneSetSize + SeqSize*int64(len(g.Seqs)) }

// appendTombstoneSet appends one set, its numbers as differences: adjacent messages take one byte
// each.
func appendTombstoneSet(b []byte, g *TombstoneSet) []byte {
	b = msgp.AppendArrayHeader(b, 5)
	b = msgp.AppendUint64(b, uint64(g.Key))
	b = msgp.AppendUint64(b, g.Segment)
	b = msgp.AppendUint32(b, g.Epoch)
	b = msgp.AppendUint64(b, g.Tag)
	return appendSeqs(b, g.Seqs)
}

// appendSeqs appends ascending numbers as their differences.
func appendSeqs(b []byte, seqs []uint32) []byte {
	b = msgp.AppendArrayHeader(b, uint32(len(seqs)))
	last := uint32(0)
	for _, seq := range seqs {
		b = msgp.AppendUint32(b, seq-last)
		last = seq
	}
	return b
}

func (r *reader) seqs() []uint32 {
	seqs := make([]uint32, r.array())
	last := uint32(0)
	for i := range seqs {
		last += r.uint32()
		seqs[i] = last
	}
	return seqs
}

func (r *reader) tombstoneSet() TombstoneSet {
	if r.array() != 5 {
		r.err = ErrUnreadable
		return TombstoneSet{}
	}
	g := TombstoneSet{Key: Key(r.uint64()), Segment: r.uint64(), Epoch: r.uint32(), Tag: r.uint64()}
	g.Seqs = r.seqs()
	return g
}

// EncodeTombstones returns the meta of a tombstone record: an array of TombstoneSets.
func EncodeTombstones(sets []TombstoneSet) []byte {
	b := msgp.AppendArrayHeader(nil, uint32(len(sets)))
	for i := range sets {
		b = appendTombstoneSet(b, &sets[i])
	}
	return b
}

func DecodeTombstones(meta []byte) ([]TombstoneSet, error) {
	r := reader{rest: meta}
	sets := r.tombstoneSets()
	return sets, r.end()
}

func (r *reader) tombstoneSets() []TombstoneSet {
	n := r.array()
	sets := make([]TombstoneSet, 0, min(n, 16))
	for range n {
		if r.err != nil {
			return nil
		}
		sets = append(sets, r.tombstoneSet())
	}
	return sets
}

// MergeTombstones merges the sets of the same mailbox, segment and open: a message then takes two
// bytes, where a set of its own takes forty. It reuses the numbers of its argument.
func MergeTombstones(sets []TombstoneSet) []TombstoneSet {
	sets = slices.Clone(sets)
	Sort(sets, func(a, b TombstoneSet) int {
		return cmp.Or(cmp.Compare(a.Key, b.Key), cmp.Compare(a.Segment, b.Segment), cmp.Compare(a.Epoch, b.Epoch), cmp.Compare(a.Tag, b.Tag))
	})
	merged := sets[:0]
	for _, g := range sets {
		if n := len(merged); n > 0 && merged[n-1].Key == g.Key && merged[n-1].Segment == g.Segment &&
			merged[n-1].Epoch == g.Epoch && merged[n-1].Tag == g.Tag {
			merged[n-1].Seqs = append(merged[n-1].Seqs, g.Seqs...)
			continue
		}
		merged = append(merged, g)
	}
	for i := range merged {
		Sort(merged[i].Seqs, cmp.Compare)
		merged[i].Seqs = slices.Compact(merged[i].Seqs)
	}
	return merged
}

// Sort sorts as slices.SortFunc does, with one implementation for all types: slices.SortFunc is
// compiled for each type, which costs 8 KB of the program each. Sort is as fast on lists that are
// already in order, as most are, and takes a quarter longer on others.
func Sort[T any](list []T, compare func(a, b T) int) {
	sort.Slice(list, func(i, j int) bool { return compare(list[i], list[j]) < 0 })
}
