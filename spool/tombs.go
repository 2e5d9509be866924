package spool

import (
	"cmp"
	"slices"

	"pillarbox/spool/msgp"
)

// A grave is a part of a tombstone record: messages of one mailbox and one open that were
// expunged while they lay in one segment. A tombstone counts as long as that segment is
// on the device and not retired; then it is dropped.
type grave struct {
	key     Key
	segment uint64 // where the messages lay when the record was written
	epoch   uint32
	tag     uint64
	seqs    []uint32 // ascending
}

// appendGrave appends one grave: the numbers as differences, for neighbours take a byte each.
func appendGrave(b []byte, g *grave) []byte {
	b = msgp.AppendArrayHeader(b, 5)
	b = msgp.AppendUint64(b, uint64(g.key))
	b = msgp.AppendUint64(b, g.segment)
	b = msgp.AppendUint32(b, g.epoch)
	b = msgp.AppendUint64(b, g.tag)
	return appendSeqs(b, g.seqs)
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

func (r *reader) grave() grave {
	if r.array() != 5 {
		r.err = errUnreadable
		return grave{}
	}
	g := grave{key: Key(r.uint64()), segment: r.uint64(), epoch: r.uint32(), tag: r.uint64()}
	g.seqs = r.seqs()
	return g
}

// encodeTombs is the meta of a tombstone record: an array of graves.
func encodeTombs(graves []grave) []byte {
	b := msgp.AppendArrayHeader(nil, uint32(len(graves)))
	for i := range graves {
		b = appendGrave(b, &graves[i])
	}
	return b
}

func decodeTombs(meta []byte) ([]grave, error) {
	r := reader{rest: meta}
	graves := r.graves()
	return graves, r.end()
}

func (r *reader) graves() []grave {
	n := r.array()
	graves := make([]grave, 0, min(n, 16))
	for range n {
		if r.err != nil {
			return nil
		}
		graves = append(graves, r.grave())
	}
	return graves
}

// mergeGraves makes one grave of those for the same mailbox, segment and open: a message takes two bytes then, where a grave of its own
// takes forty. It takes the numbers of its argument over.
func mergeGraves(graves []grave) []grave {
	graves = slices.Clone(graves)
	arrange(graves, func(a, b grave) int {
		return cmp.Or(cmp.Compare(a.key, b.key), cmp.Compare(a.segment, b.segment), cmp.Compare(a.epoch, b.epoch), cmp.Compare(a.tag, b.tag))
	})
	merged := graves[:0]
	for _, g := range graves {
		if n := len(merged); n > 0 && merged[n-1].key == g.key && merged[n-1].segment == g.segment &&
			merged[n-1].epoch == g.epoch && merged[n-1].tag == g.tag {
			merged[n-1].seqs = append(merged[n-1].seqs, g.seqs...)
			continue
		}
		merged = append(merged, g)
	}
	for i := range merged {
		arrange(merged[i].seqs, cmp.Compare)
		merged[i].seqs = slices.Compact(merged[i].seqs)
	}
	return merged
}
