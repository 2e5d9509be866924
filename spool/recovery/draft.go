package recovery

import (
	"pillarbox/spool/format"
	"pillarbox/spool/index"
)

// A draft is what a footer says of its messages, until all of it has been decoded: the first pass
// decodes each footer once, and a footer that does not decode to its end counts for nothing,
// because its segment is read record by record then. Everything else in a footer is visited only
// after all of it has been decoded, and goes straight to the loader.
type draft struct {
	format.Visitor // takes all but the messages

	data    *index.Data       // has the tags of the opens that the loader knows
	tags    map[uint32]uint64 // of others
	damaged int
	tallies map[format.Key]*tallied
	spare   []*tallied
	before  lately
}

// lately is the open and the mailbox of the message before, which most messages share with it.
type lately struct {
	open  format.EpochTag
	key   format.Key
	count *tallied // of that mailbox; nil if there was none
}

// tallied is what was counted of a mailbox, or of a part of it.
type tallied struct {
	entries int
	uids    index.UIDCount // imported unique-ids
	runs    int            // in which the index keeps the entries
	day     uint16         // on which the last run begins
}

// add counts the entry of a message's recipient.
func (t *tallied) add(m *format.Summary, recipient int) {
	t.entries++
	if t.runs == 0 || !index.InRun(t.day, m.Day) {
		t.runs++
		t.day = index.FirstDay(m.Day)
	}
	if len(m.UID) > 0 {
		t.uids.Add(m.Of(recipient), m.UID)
	}
}

// begin empties the draft. Its memory is used again.
func (d *draft) begin() {
	for _, t := range d.tallies {
		*t = tallied{}
		d.spare = append(d.spare, t)
	}
	clear(d.tags)
	clear(d.tallies)
	d.damaged, d.before = 0, lately{}
}

// Message counts the entries of a message record, as loader.Message does.
func (d *draft) Message(m format.Summary) {
	if open := (format.EpochTag{Epoch: m.First.Epoch, Tag: m.Tag}); d.before.count == nil || open != d.before.open {
		if !d.knows(open) {
			d.damaged++
			return
		}
		d.before.open = open
	}
	for i, r := range m.Recipients {
		if r.Key == 0 {
			continue
		}
		if r.Key != d.before.key {
			d.before.key, d.before.count = r.Key, d.tallied(r.Key)
		}
		d.before.count.add(&m, i)
	}
}

// knows reports whether messages of an open count. The first message of an open that is read
// determines the tag of that open.
func (d *draft) knows(open format.EpochTag) bool {
	tag, known := d.data.Tags[open.Epoch]
	if !known {
		tag, known = d.tags[open.Epoch]
	}
	if !known {
		if d.tags == nil {
			d.tags = make(map[uint32]uint64)
		}
		d.tags[open.Epoch] = open.Tag
		return true
	}
	return tag == open.Tag
}

func (d *draft) tallied(key format.Key) *tallied {
	t := d.tallies[key]
	if t == nil {
		if d.tallies == nil {
			d.tallies = make(map[format.Key]*tallied)
		}
		if last := len(d.spare) - 1; last >= 0 {
			t, d.spare = d.spare[last], d.spare[:last]
		} else {
			t = &tallied{}
		}
		d.tallies[key] = t
	}
	return t
}
