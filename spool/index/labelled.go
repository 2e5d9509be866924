package index

import (
	"cmp"
	"slices"

	"pillarbox/spool/format"
)

// A LabelledMessage is a message with a label, in the index: 12 bytes.
type LabelledMessage struct {
	format.Identity
	Day uint16
}

// Labelled holds the messages with one label in one mailbox, ordered by identity. Views hold a part
// of the same array, so that existing elements do not change; one that comes in order is appended.
type Labelled []LabelledMessage

// LabelBytes is the size of a LabelledMessage.
const LabelBytes = 12

func (m Labelled) Find(id format.Identity) (i int, ok bool) {
	return slices.BinarySearchFunc(m, id, func(a LabelledMessage, id format.Identity) int { return a.Identity.Compare(id) })
}

// with returns the union of two ordered lists. Of a message in both, the earlier day counts.
func (m Labelled) with(more Labelled) Labelled {
	if len(m) == 0 || len(more) == 0 || m[len(m)-1].Compare(more[0].Identity) < 0 {
		return append(m, more...)
	}
	all := make(Labelled, 0, len(m)+len(more))
	for len(m) > 0 && len(more) > 0 {
		switch order := m[0].Compare(more[0].Identity); {
		case order < 0:
			all, m = append(all, m[0]), m[1:]
		case order > 0:
			all, more = append(all, more[0]), more[1:]
		default:
			all = append(all, LabelledMessage{m[0].Identity, min(m[0].Day, more[0].Day)})
			m, more = m[1:], more[1:]
		}
	}
	return append(append(all, m...), more...)
}

// InOrder sorts the list. Of two elements for a message the one with the earlier day stays.
func (m Labelled) InOrder() Labelled {
	format.Sort(m, func(a, b LabelledMessage) int {
		return cmp.Or(a.Identity.Compare(b.Identity), cmp.Compare(a.Day, b.Day))
	})
	return slices.CompactFunc(m, func(a, b LabelledMessage) bool { return a.Identity == b.Identity })
}

// of returns the elements that keep accepts, in memory of exactly their number.
func (m Labelled) of(keep func(format.Identity) bool) Labelled {
	n := 0
	for _, k := range m {
		if keep(k.Identity) {
			n++
		}
	}
	kept := make(Labelled, 0, n)
	for _, k := range m {
		if keep(k.Identity) {
			kept = append(kept, k)
		}
	}
	return kept
}
