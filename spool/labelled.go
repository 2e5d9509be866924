package spool

import (
	"cmp"
	"slices"

	"pillarbox/spool/msgp"
)

// MaxLabel is how many bytes a label may have.
const MaxLabel = 80

// A labelled is a part of a label record: messages of one mailbox and one open that were given a label on one day. It counts as
// long as the messages live, wherever they are moved.
type labelled struct {
	label string
	key   Key
	day   uint16
	epoch uint32
	tag   uint64
	seqs  []uint32 // ascending
}

func appendLabelled(b []byte, l *labelled) []byte {
	b = msgp.AppendArrayHeader(b, 6)
	b = msgp.AppendString(b, l.label)
	b = msgp.AppendUint64(b, uint64(l.key))
	b = msgp.AppendUint16(b, l.day)
	b = msgp.AppendUint32(b, l.epoch)
	b = msgp.AppendUint64(b, l.tag)
	return appendSeqs(b, l.seqs)
}

func (r *reader) labelled() labelled {
	if r.array() != 6 {
		r.err = errUnreadable
		return labelled{}
	}
	l := labelled{label: r.text(MaxLabel), key: Key(r.uint64())}
	day := r.uint32()
	if day > 1<<16-1 {
		r.err = errUnreadable
	}
	l.day, l.epoch, l.tag, l.seqs = uint16(day), r.uint32(), r.uint64(), r.seqs()
	return l
}

// encodeLabels is the meta of a label record: an array of labelled.
func encodeLabels(list []labelled) []byte {
	b := msgp.AppendArrayHeader(nil, uint32(len(list)))
	for i := range list {
		b = appendLabelled(b, &list[i])
	}
	return b
}

func decodeLabels(meta []byte) ([]labelled, error) {
	r := reader{rest: meta}
	list := r.labels()
	return list, r.end()
}

func (r *reader) labels() []labelled {
	n := r.array()
	list := make([]labelled, 0, min(n, 16))
	for range n {
		if r.err != nil {
			return nil
		}
		list = append(list, r.labelled())
	}
	return list
}

// mergeLabels is mergeGraves for labels of the same day.
func mergeLabels(list []labelled) []labelled {
	list = slices.Clone(list)
	arrange(list, func(a, b labelled) int {
		return cmp.Or(cmp.Compare(a.label, b.label), cmp.Compare(a.key, b.key), cmp.Compare(a.day, b.day), cmp.Compare(a.epoch, b.epoch), cmp.Compare(a.tag, b.tag))
	})
	merged := list[:0]
	for _, l := range list {
		if n := len(merged); n > 0 && merged[n-1].label == l.label && merged[n-1].key == l.key &&
			merged[n-1].day == l.day && merged[n-1].epoch == l.epoch && merged[n-1].tag == l.tag {
			merged[n-1].seqs = append(merged[n-1].seqs, l.seqs...)
			continue
		}
		merged = append(merged, l)
	}
	for i := range merged {
		arrange(merged[i].seqs, cmp.Compare)
		merged[i].seqs = slices.Compact(merged[i].seqs)
	}
	return merged
}
