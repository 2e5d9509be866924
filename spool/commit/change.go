package commit

import (
	"errors"

	"pillarbox/spool/format"
	"pillarbox/spool/index"
)

// A Change becomes one record of the log. The leader calls plan and apply with the lock of the
// index held, and both change only what they are given.
type Change interface {
	// weight estimates how many bytes the change takes, to decide how many changes make a batch.
	weight() int64
	// plan returns what is to be written as things stand now; ok is false when there is nothing to
	// write. It computes no checksum and encodes nothing. It is called again whenever the index may
	// have changed before the batch is written; only the last plan counts.
	plan(p *planner) (r payload, ok bool)
	// apply brings the change, as it was planned last, into the index and into the footer of the
	// segment, after the flush. offset is that of its record in the slot.
	apply(a *applier, offset int64)
}

// A planner is what changes are planned with. It gives messages their identities. What it gives is
// taken when the batch is written; a plan that is made again gives the same.
type planner struct {
	*index.Data
	segments []uint64 // in each slot. Only the leader begins log segments, so they do not change
	epoch    uint32
	tag      uint64
	seq      uint32
}

// identify returns the tag and the first of n identities.
func (p *planner) identify(n int) (tag uint64, first format.Identity) {
	first = format.Identity{Epoch: p.epoch, Seq: p.seq}
	p.seq += uint32(n)
	return p.tag, first
}

// An applier brings a durable batch into the index.
type applier struct {
	*index.Data
	segments []uint64 // in each slot, as when the batch was planned
	slot     uint32   // that the batch is in
	segment  uint64
	foot     *format.Footer
	carrying *carrying // what was carried out of dead segments

	// What the table is called with when the lock of the index was released.
	moved   []uint32            // mail was moved out of these
	retired []format.SegmentRef // by a record of the batch
	records int64               // that retired something, or carried something out
	counts  index.Counts        // how their counters move; the memory is used again
}

// carrying is what is still to be carried out of segments, and how far that is.
type carrying struct {
	inherited []format.TombstoneSet // out of segments that a start found retired
	done      map[uint64]carried    // by segment
}

// carried is how many messages are named by those records of a segment that later ones repeat
// already, in the order of the log. A start counts from 0 again: what is repeated twice does no
// harm.
type carried struct{ tombstones, labels, remotes int }

// A Recipient is a mailbox that gets the mail, and the beginning of the mail that only this mailbox
// sees, in wire form.
type Recipient struct {
	Mailbox format.Key
	Head    []byte
}

// A Remote is how a message is called at the provider that it was fetched from.
type Remote struct {
	Account     uint64 // 0: it is from no provider
	ID          index.ID
	Fingerprint index.ID
}

// An Intake is the change of a message that arrived.
type Intake struct {
	Message format.Message // without tag, identity, sum and recipients, which the plan decides
	To      []Recipient
	Body    []byte // the mail in wire form, unless it lies in extents
	Stays   bool   // it goes to the cold log
	Remote  Remote // how the provider calls it; the zero Remote: it is from no provider
}

func (f *Intake) weight() int64 {
	n := int64(len(f.Body)+len(f.Message.From)) + 32*int64(len(f.Message.Extents)) + 256
	for _, r := range f.To {
		n += int64(len(r.Head)) + 32
	}
	return n
}

// Weight estimates how many bytes of a batch the change takes.
func (f *Intake) Weight() int64 { return f.weight() }

func (f *Intake) plan(p *planner) (payload, bool) {
	m := &f.Message
	m.Recipients = m.Recipients[:0]
	parts := make([][]byte, 0, len(f.To)+1)
	for _, r := range f.To {
		m.Recipients = append(m.Recipients, format.Recipient{Key: r.Mailbox, Head: uint32(len(r.Head))})
		parts = append(parts, r.Head)
	}
	m.Tag, m.First = p.identify(len(f.To))
	return payload{kind: format.KindMessage, message: m, body: append(parts, f.Body), mail: int64(len(f.Body))}, true
}

func (f *Intake) apply(a *applier, offset int64) {
	sum := f.Message.Summary(offset)
	a.foot.Message(sum)
	a.Insert(a.slot, sum)
}

// An Expunge is the change of a session that removes messages: a tombstone record.
type Expunge struct {
	Key        format.Key
	IDs        []format.Identity     // ascending
	tombstones []format.TombstoneSet // of those that are not gone yet
}

func (f *Expunge) weight() int64 { return 10 * int64(len(f.IDs)) }

// plan names every segment that holds one of the messages. Cleaning may move a message between two
// plans, so that it needs a tombstone for one segment more.
func (f *Expunge) plan(p *planner) (payload, bool) {
	f.tombstones = nil
	box := p.Mailboxes[f.Key]
	if box == nil {
		return payload{}, false
	}
	targets := make(map[target]int)
	for _, id := range f.IDs {
		i, ok := box.Find(id)
		if !ok || box.Dead.Has(i) {
			continue
		}
		// One for the segment that it is read from, and one for each that it was moved out of and
		// that still counts: a start after a power cut may see any of them.
		segment := p.segments[box.Entries.At(i).Slot]
		f.add(p, targets, target{segment, id.Epoch}, id.Seq)
		for _, other := range p.Copies.Of(id) {
			if other != segment {
				f.add(p, targets, target{other, id.Epoch}, id.Seq)
			}
		}
	}
	list := f.tombstones
	return payload{kind: format.KindTombstones, encode: func() []byte { return format.EncodeTombstones(list) }}, len(list) > 0
}

// A target is what the tombstones of one set point to: the messages of one open in one segment.
type target struct {
	segment uint64
	epoch   uint32
}

// add adds a message to the tombstone set of a target. targets holds the position of each set.
func (f *Expunge) add(p *planner, targets map[target]int, t target, seq uint32) {
	n, known := targets[t]
	if !known {
		n = len(f.tombstones)
		targets[t] = n
		f.tombstones = append(f.tombstones, format.TombstoneSet{Key: f.Key, Segment: t.segment, Epoch: t.epoch, Tag: p.Tags[t.epoch], Seqs: nil})
	}
	if seqs := f.tombstones[n].Seqs; len(seqs) == 0 || seqs[len(seqs)-1] != seq {
		f.tombstones[n].Seqs = append(seqs, seq)
	}
}

func (f *Expunge) apply(a *applier, _ int64) {
	for _, g := range f.tombstones {
		a.foot.Tombstones(g)
		a.Apply(g, a.segment)
	}
}

var (
	// ErrReadOnly is returned when the spool was opened for reading.
	ErrReadOnly = errors.New("spool: opened for reading only")

	// errTooLong is returned for a batch that no empty slot could hold.
	errTooLong = errors.New("spool: the batch does not fit a slot")
	// errNoFooter is returned for a footer that does not fit behind the last batch. The segment
	// goes without, which is slower to start from and otherwise as good.
	errNoFooter = errors.New("the footer does not fit behind the last batch")
)
