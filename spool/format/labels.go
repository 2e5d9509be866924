package format

import (
	"cmp"
	"slices"

	"github.com/tinylib/msgp/msgp"
)

// MaxLabel is how many bytes a label may have.
const MaxLabel = 80

// A LabelSet is a part of a label record: messages of one mailbox and one open that received a
// label on one day. It counts until the messages are expunged, wherever they are moved.
type LabelSet struct {
	Label string
	Key   Key
	Day   uint16
	Epoch uint32
	Tag   uint64
	Seqs  []uint32 // ascending
}

// LabelSetSize bounds the bytes of a LabelSet without its label and its messages.
const LabelSetSize = 36

func appendLabelSet(b []byte, l *LabelSet) []byte {
	b = msgp.AppendArrayHeader(b, 6)
	b = msgp.AppendString(b, l.Label)
	b = msgp.AppendUint64(b, uint64(l.Key))
	b = msgp.AppendUint16(b, l.Day)
	b = msgp.AppendUint32(b, l.Epoch)
	b = msgp.AppendUint64(b, l.Tag)
	return appendSeqs(b, l.Seqs)
}

func (r *reader) labelSet() LabelSet {
	if r.array() != 6 {
		r.err = ErrUnreadable
		return LabelSet{}
	}
	l := LabelSet{Label: r.text(MaxLabel), Key: Key(r.uint64())}
	day := r.uint32()
	if day > 1<<16-1 {
		r.err = ErrUnreadable
	}
	l.Day, l.Epoch, l.Tag, l.Seqs = uint16(day), r.uint32(), r.uint64(), r.seqs()
	return l
}

// EncodeLabels returns the meta of a label record: an array of LabelSets.
func EncodeLabels(list []LabelSet) []byte {
	b := msgp.AppendArrayHeader(nil, uint32(len(list)))
	for i := range list {
		b = appendLabelSet(b, &list[i])
	}
	return b
}

func decodeLabels(meta []byte) ([]LabelSet, error) {
	r := reader{rest: meta}
	list := r.labelSets()
	return list, r.end()
}

func (r *reader) labelSets() []LabelSet {
	n := r.array()
	list := make([]LabelSet, 0, min(n, 16))
	for range n {
		if r.err != nil {
			return nil
		}
		list = append(list, r.labelSet())
	}
	return list
}

// MergeLabels merges the sets of the same label, mailbox, day and open. It reuses the numbers of
// its argument.
func MergeLabels(list []LabelSet) []LabelSet {
	list = slices.Clone(list)
	Sort(list, func(a, b LabelSet) int {
		return cmp.Or(cmp.Compare(a.Label, b.Label), cmp.Compare(a.Key, b.Key), cmp.Compare(a.Day, b.Day), cmp.Compare(a.Epoch, b.Epoch), cmp.Compare(a.Tag, b.Tag))
	})
	merged := list[:0]
	for _, l := range list {
		if n := len(merged); n > 0 && merged[n-1].Label == l.Label && merged[n-1].Key == l.Key &&
			merged[n-1].Day == l.Day && merged[n-1].Epoch == l.Epoch && merged[n-1].Tag == l.Tag {
			merged[n-1].Seqs = append(merged[n-1].Seqs, l.Seqs...)
			continue
		}
		merged = append(merged, l)
	}
	for i := range merged {
		Sort(merged[i].Seqs, cmp.Compare)
		merged[i].Seqs = slices.Compact(merged[i].Seqs)
	}
	return merged
}
