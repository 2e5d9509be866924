package recovery

import "pillarbox/spool/format"

// A draft is what a footer says of its messages, until all of it has been decoded: the first pass
// decodes each footer once, and a footer that does not decode to its end counts for nothing,
// because its segment is read record by record then. What a footer says besides comes when it has
// been decoded, and goes to the loader.
type draft struct {
	*loader
	damaged int
	tags    map[uint32]uint64 // of opens that the loader does not know
	tallies map[format.Key]*tallied

	// The message before is mostly of the same open and mailbox.
	open format.EpochTag
	key  format.Key
	last *tallied // of that mailbox
}

// tallied is what was counted of a mailbox, or of a part of it.
type tallied struct {
	entries int
	uids    int // of them, those with an imported unique-id
	text    int // bytes of those
}

// count counts one entry of a message.
func (t *tallied) count(m *format.Summary) {
	t.entries++
	if len(m.UID) > 0 {
		t.uids++
		t.text += len(m.UID) + 1
	}
}

// begin empties the draft. Its maps are used again.
func (d *draft) begin() {
	clear(d.tags)
	clear(d.tallies)
	d.damaged, d.open, d.key, d.last = 0, format.EpochTag{}, 0, nil
}

// Message counts the entries of a message record, as loader.Message does.
func (d *draft) Message(m format.Summary) {
	if open := (format.EpochTag{Epoch: m.First.Epoch, Tag: m.Tag}); d.last == nil || open != d.open {
		if !d.knows(open) {
			d.damaged++
			return
		}
		d.open = open
	}
	for _, r := range m.Recipients {
		if r.Key == 0 {
			continue
		}
		if r.Key != d.key {
			d.key, d.last = r.Key, d.tallied(r.Key)
		}
		d.last.count(&m)
	}
}

// knows reports whether messages of an open count. The first one that names the open decides on its
// tag.
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

// accept gives the loader what the draft holds.
func (d *draft) accept() {
	l := d.loader
	l.start.Damaged += d.damaged
	for epoch, tag := range d.tags {
		l.data.Tags[epoch] = tag
		l.start.Epoch = max(l.start.Epoch, epoch)
	}
	for key, t := range d.tallies {
		all := l.tally(key)
		all.entries += t.entries
		all.uids += t.uids
		all.text += t.text
	}
}
