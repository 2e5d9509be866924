package commit

import (
	"slices"

	"pillarbox/spool/format"
)

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

// A RemoteNote is the change that keeps remote ids: those of the mail in the same batch, which is
// planned before it, and those without mail.
type RemoteNote struct {
	Mail  []*Intake
	Noted []format.RemoteSet
	list  []format.RemoteSet
}

// WithNote returns the changes of mail, and behind them the note of its remote ids if it has some.
func WithNote(changes []Change) []Change {
	note := &RemoteNote{}
	for _, c := range changes {
		if in, ok := c.(*Intake); ok && in.Remote.Account != 0 {
			note.Mail = append(note.Mail, in)
		}
	}
	if len(note.Mail) == 0 {
		return changes
	}
	return append(changes, note)
}

func (f *RemoteNote) weight() int64 {
	n := int64(len(f.Mail)) * (format.RemoteSetSize + format.RemoteIDSize)
	for i := range f.Noted {
		n += f.Noted[i].Weight()
	}
	return n
}

func (f *RemoteNote) plan(p *planner) (payload, bool) {
	// The mail is planned before the note, in the same plan, so that its identities are known. With
	// the mail in one batch, an id is never durable without its message.
	f.list = slices.Clone(f.Noted)
	for _, in := range f.Mail {
		f.list = append(f.list, format.RemoteSet{
			Account: in.Remote.Account, Key: in.To[0].Mailbox, Day: p.Today(),
			Epoch: in.Message.First.Epoch, Tag: in.Message.Tag,
			IDs: []format.RemoteID{{ID: in.Remote.ID, Fingerprint: in.Remote.Fingerprint, Seq: in.Message.First.Seq}},
		})
	}
	f.list = format.MergeRemotes(f.list)
	list := f.list
	return payload{kind: format.KindRemotes, encode: func() []byte { return format.EncodeRemotes(list) }}, len(list) > 0
}

func (f *RemoteNote) apply(a *applier, _ int64) {
	for _, g := range f.list {
		a.foot.Remotes(g)
		a.Remember(g, a.segment)
	}
}
