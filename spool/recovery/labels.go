package recovery

import (
	"slices"

	"pillarbox/spool/format"
	"pillarbox/spool/index"
)

// labelAll takes all labels into the index, sorted once for each mailbox: one by one they would
// come in no order.
func (l *loader) labelAll() {
	// A label of a message is in as many records as it was carried out of segments. All of them are
	// taken, and the earlier day counts, so that their order does not matter.
	type sheet struct {
		key   format.Key
		label string
	}
	sizes := make(map[sheet]int)
	for _, g := range l.labels {
		sizes[sheet{g.Key, g.Label}] += len(g.Seqs)
	}
	all := make(map[sheet]index.Labelled)
	for _, g := range l.labels {
		on := sheet{g.Key, g.Label}
		if all[on] == nil {
			all[on] = make(index.Labelled, 0, sizes[on])
		}
		before := len(all[on])
		if all[on] = l.data.Living(all[on], g.LabelSet); len(all[on]) > before {
			// The segment is read when it is to be retired, for its labels, only if it has some.
			l.data.LabelHomes[g.home] = struct{}{}
		}
	}
	// Memory of exactly its size: these lists live as long as the spool is open.
	for on, m := range all {
		if m = m.InOrder(); len(m) < cap(m) {
			m = slices.Clone(m)
		}
		if len(m) > 0 {
			l.data.Mailboxes[on.key].Label(on.label, m)
		}
	}
}

// keepLabels keeps the segments with labels of hidden messages from being retired: which of the
// labels are needed is not known.
func (l *loader) keepLabels() {
	if l.data.Hidden == 0 {
		return
	}
	for _, g := range l.labels {
		l.data.LabelHomes[g.home] = struct{}{}
	}
	for _, g := range l.segments {
		if g == nil || !g.Counts() {
			continue
		}
		if _, some := l.data.LabelHomes[g.Header.Segment]; some {
			g.Live++
			// The label would still be there if all mail were moved, and the segment would be
			// moved again and again.
			g.Stuck = true
		}
	}
}
