package commit

import "pillarbox/spool/format"

// A Labelling is the change that gives messages labels: a label record.
type Labelling struct {
	Wanted []format.LabelSet
	list   []format.LabelSet // what of them is needed: the messages live
	repeat bool              // they have the label already, by a record that is going to be retired
}

func (f *Labelling) weight() int64 {
	n := int64(0)
	for _, l := range f.Wanted {
		n += 32 + int64(len(l.Label)) + 5*int64(len(l.Seqs))
	}
	return n
}

func (f *Labelling) plan(p *planner) (payload, bool) {
	f.list = nil
	for _, l := range f.Wanted {
		box := p.Mailboxes[l.Key]
		if box == nil || !p.Known(l.Epoch, l.Tag) {
			continue
		}
		old := box.Labels[l.Label]
		seqs := l.Seqs
		l.Seqs = nil
		for _, seq := range seqs {
			id := format.Identity{Epoch: l.Epoch, Seq: seq}
			if i, ok := box.Find(id); !ok || box.Dead.Has(i) {
				continue
			}
			// The earlier day counts, so that labelling a message again does not prolong its
			// life. What would change nothing is not written.
			if i, ok := old.Find(id); ok && !f.repeat && old[i].Day <= l.Day {
				continue
			}
			l.Seqs = append(l.Seqs, seq)
		}
		if len(l.Seqs) > 0 {
			f.list = append(f.list, l)
		}
	}
	list := f.list
	return payload{kind: format.KindLabels, encode: func() []byte { return format.EncodeLabels(list) }}, len(list) > 0
}

func (f *Labelling) apply(a *applier, _ int64) {
	for _, l := range f.list {
		a.foot.Labels(l)
		a.Label(l, a.segment)
	}
}
