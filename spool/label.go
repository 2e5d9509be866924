package spool

import (
	"cmp"
	"iter"
	"slices"
)

// A Mark is a label that messages of a view are given, and a day. What labels mean is the caller's; the spool keeps them as long
// as the message lives. A message that has the label already keeps the earlier day of the two.
type Mark struct {
	Label    string // 1…MaxLabel bytes
	Day      int    // since 1970-01-01, 0…65535
	Messages iter.Seq[int]
}

// A mark is a message with a label, in the index: 12 bytes.
type mark struct {
	identity
	day uint16
}

// Marks are those of one label in one mailbox, ordered by identity. A view holds a part of the same array, so that what is there is
// not changed: a mark that comes in order is appended behind it.
type marks []mark

func (m marks) find(id identity) (i int, ok bool) {
	return slices.BinarySearchFunc(m, id, func(a mark, id identity) int { return a.identity.compare(id) })
}

// with returns the marks and some more, which are in order.
func (m marks) with(more marks) marks {
	if len(m) == 0 || len(more) == 0 || m[len(m)-1].compare(more[0].identity) < 0 {
		return append(m, more...)
	}
	all := make(marks, 0, len(m)+len(more))
	for len(m) > 0 && len(more) > 0 {
		switch order := m[0].compare(more[0].identity); {
		case order < 0:
			all, m = append(all, m[0]), m[1:]
		case order > 0:
			all, more = append(all, more[0]), more[1:]
		default:
			all = append(all, mark{m[0].identity, min(m[0].day, more[0].day)})
			m, more = m[1:], more[1:]
		}
	}
	return append(append(all, m...), more...)
}

// inOrder sorts marks; of two of a message the earlier day stays.
func (m marks) inOrder() marks {
	arrange(m, func(a, b mark) int {
		return cmp.Or(a.identity.compare(b.identity), cmp.Compare(a.day, b.day))
	})
	return slices.CompactFunc(m, func(a, b mark) bool { return a.identity == b.identity })
}

// Marked returns whether message n had a label when the view was made, and the day that came with it.
func (v *View) Marked(label string, n int) (day int, ok bool) {
	m := v.labels[label]
	i, ok := m.find(v.row(n).identity)
	if !ok {
		return 0, false
	}
	return int(m[i].day), true
}

// Labels returns which labels messages of the view may have, in no order.
func (v *View) Labels() iter.Seq[string] {
	return func(yield func(string) bool) {
		for label := range v.labels {
			if !yield(label) {
				return
			}
		}
	}
}

// A labelling is a label record on its way into the log.
type labelling struct {
	wanted []labelled
	list   []labelled // what of them is needed: the messages live
	repeat bool       // they have the label already, by a record that is going to be retired
}

func (f *labelling) weight() int64 {
	n := int64(0)
	for _, l := range f.wanted {
		n += 32 + int64(len(l.label)) + 5*int64(len(l.seqs))
	}
	return n
}

func (f *labelling) record(s *Spool) (logRecord, bool) {
	f.list = f.list[:0]
	for _, l := range f.wanted {
		box := s.mailboxes[l.key]
		if box == nil || s.tags[l.epoch] != l.tag {
			continue
		}
		old := box.labels[l.label]
		seqs := l.seqs
		l.seqs = nil
		for _, seq := range seqs {
			id := identity{l.epoch, seq}
			if i, ok := box.find(id); !ok || box.dead.has(i) {
				continue
			}
			if i, ok := old.find(id); ok && !f.repeat && old[i].day <= l.day {
				continue
			}
			l.seqs = append(l.seqs, seq)
		}
		if len(l.seqs) > 0 {
			f.list = append(f.list, l)
		}
	}
	return logRecord{kind: kindLabels, meta: encodeLabels(f.list)}, len(f.list) > 0
}

func (f *labelling) settle(s *Spool, sl *slot, _ int64, foot *footer) {
	for _, l := range f.list {
		foot.labelled(l)
		s.label(l, sl.header.segment)
	}
}

// label takes labels into the index, and notes that they are in a segment.
func (s *Spool) label(l labelled, home uint64) {
	if more := s.marks(nil, l); len(more) > 0 {
		s.mailboxes[l.key].mark(l.label, more.inOrder())
		s.labelHomes[home] = struct{}{}
	}
}

// marks appends those of the messages that live.
func (s *Spool) marks(m marks, l labelled) marks {
	box := s.mailboxes[l.key]
	if box == nil || s.tags[l.epoch] != l.tag {
		return m
	}
	for _, seq := range l.seqs {
		id := identity{l.epoch, seq}
		if i, ok := box.find(id); ok && !box.dead.has(i) {
			m = append(m, mark{id, l.day})
		}
	}
	return m
}

func (m *mailbox) mark(label string, more marks) {
	if m.labels == nil {
		m.labels = make(map[string]marks)
	}
	m.labels[label] = m.labels[label].with(more)
}

// neededLabels returns the labels in a segment, if it has any. Those of dead messages are left out when they are written.
func (s *Spool) neededLabels(sl *slot) ([]labelled, error) {
	s.mu.Lock()
	_, some := s.labelHomes[sl.header.segment]
	s.mu.Unlock()
	if !some {
		return nil, nil
	}
	k := labelKeeper{}
	err := s.visitSegment(sl, &k)
	return k.labels, err
}

// A labelKeeper keeps the labels.
type labelKeeper struct {
	discard
	labels []labelled
}

func (k *labelKeeper) labelled(l labelled) { k.labels = append(k.labels, l) }
