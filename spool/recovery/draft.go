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
	uids    int    // of them, those with an imported unique-id
	text    int    // bytes of those
	runs    int    // in which the index keeps the entries
	day     uint16 // on which the last run begins
}

// add counts one entry of a message.
func (t *tallied) add(m *format.Summary) {
	t.entries++
	if t.runs == 0 || !index.InRun(t.day, m.Day) {
		t.runs++
		t.day = index.FirstDay(m.Day)
	}
	if len(m.UID) > 0 {
		t.uids++
		t.text += len(m.UID) + 1
	}
}

// begin empties the draft. Its maps are used again.
func (d *draft) begin() {
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
	for _, r := range m.Recipients {
		if r.Key == 0 {
			continue
		}
		if r.Key != d.before.key {
			d.before.key, d.before.count = r.Key, d.tallied(r.Key)
		}
		d.before.count.add(&m)
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
		t = &tallied{}
		if d.tallies == nil {
			d.tallies = make(map[format.Key]*tallied)
		}
		d.tallies[key] = t
	}
	return t
}
