package index

import (
	"cmp"
	"slices"

	"pillarbox/spool/format"
)

// A Mailbox is the index of one mailbox. Entries are ordered by identity, which is the order of
// arrival. The owner guards it with a lock. Of entries that a view has seen only the location
// changes, so that a view may read their identities and octets without the lock.
type Mailbox struct {
	Key      format.Key
	Entries  Entries
	Dead     Bitmap // by position in Entries: expunged
	Verified Bitmap // by position in Entries: this process has verified or written its bytes

	Views    int   // open views
	Hides    bool  // the last messages are hidden
	Live     int   // entries that are not expunged
	Octets   int64 // of those
	Imported Imported
	Labels   map[string]Labelled
	Habit    Habit
}

// Add appends a message that arrived.
func (m *Mailbox) Add(r Entry) {
	m.Entries.add(r)
	m.Live++
	m.Octets += int64(r.Octets)
}

// Expunge marks entry i as expunged.
func (m *Mailbox) Expunge(i int) {
	m.Dead.Set(i)
	m.Live--
	m.Octets -= int64(m.Entries.Octets(i))
	m.Imported.Expunge(m.Entries.Identity(i), m.Lives)
}

// Lives reports whether there is such a message that is not expunged.
func (m *Mailbox) Lives(id format.Identity) bool {
	i, ok := m.Find(id)
	return ok && !m.Dead.Has(i)
}

// Find returns the position of an identity, and whether the mailbox has such an entry.
func (m *Mailbox) Find(id format.Identity) (i int, ok bool) {
	return m.Entries.find(id)
}

// FindAt is Find, and looks at position hint first.
func (m *Mailbox) FindAt(hint int, id format.Identity) (i int, ok bool) {
	if hint < m.Entries.N && m.Entries.Identity(hint) == id {
		return hint, true
	}
	return m.Find(id)
}

// Entries of expunged messages are removed when they are the majority and numerous enough. A spool
// that is short of memory removes them when they are an eighth. An open view keeps the old chunks,
// so that removing entries costs memory instead of freeing it: then they are removed when they are
// three quarters.
const (
	SweepRows  = 256
	sweepShare = 8
)

// Sweep removes the entries of expunged messages if they are many enough. Views keep the old
// chunks, through which they still find messages that are on the device.
func (m *Mailbox) Sweep(short bool) {
	least := m.Live
	switch {
	case m.Views > 0:
		least = 3 * m.Live
	case short:
		least = m.Live / sweepShare
	}
	if dead := m.Entries.N - m.Live; dead < SweepRows || dead < least {
		return
	}
	var kept Entries
	var verified Bitmap
	for i := range m.Entries.N {
		if m.Dead.Has(i) {
			continue
		}
		if m.Verified.Has(i) {
			verified.Set(kept.N)
		}
		kept.add(m.Entries.At(i))
	}
	m.Entries, m.Dead, m.Verified = kept, nil, verified
	for label, old := range m.Labels {
		m.Labels[label] = old.of(func(id format.Identity) bool { _, ok := m.Find(id); return ok })
		if len(m.Labels[label]) == 0 {
			delete(m.Labels, label)
		}
	}
}

// Label adds a label to messages, which are in order.
func (m *Mailbox) Label(label string, more Labelled) {
	if m.Labels == nil {
		m.Labels = make(map[string]Labelled)
	}
	m.Labels[label] = m.Labels[label].with(more)
}

// Keeps reports whether more messages of the last days are still there than were expunged young. It
// examines all entries once a day.
func (m *Mailbox) Keeps(today uint16) bool {
	h := &m.Habit
	if h.day == today {
		return h.keeps
	}
	h.day = today
	h.Brief -= h.Brief / JudgedDays
	lasting := 0
	for i := range m.Entries.N {
		if age := DayAge(m.Entries.Day(i), today); age >= BriefDays && age < JudgedDays && !m.Dead.Has(i) {
			lasting++
		}
	}
	h.keeps = float32(lasting) > h.Brief
	return h.keeps
}

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
