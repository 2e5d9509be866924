package commit

import (
	"fmt"

	"pillarbox/spool/flash"
	"pillarbox/spool/format"
	"pillarbox/spool/index"
	"pillarbox/spool/reader"
)

// A Move is the change that moves a message record out of a segment that is to be retired. It goes
// to the cold log, so that mail that stays keeps company with its like, and keeps its identity.
//
// Between the read and the batch the message may be expunged, or another move of it may win: what
// counts is decided by live, under the lock of the index, once when the batch is planned and once
// when it is applied. Both give the same, because only the leader changes the index, and it applies
// no other batch in between.
type Move struct {
	from    index.Location
	segment uint64 // in which it lies there
	message format.Message
	heads   [][]byte        // of each recipient
	body    []byte          // the mail, unless it lies in extents
	extents []format.Extent // where they are now, or are to be
}

// weight estimates the bytes of a batch.
func (f *Move) weight() int64 { return int64(len(f.body)) + 1024 + 32*int64(len(f.extents)) }

// live reports whether a recipient still has its message at the location that it is moved from.
func (f *Move) live(d *index.Data, segments []uint64, i int) (*index.Mailbox, int, bool) {
	r := f.message.Recipients[i]
	box := d.Mailboxes[r.Key]
	if box == nil {
		return nil, 0, false
	}
	at, ok := box.Find(format.Identity{Epoch: f.message.First.Epoch, Seq: f.message.First.Seq + uint32(i)})
	ok = ok && !box.Dead.Has(at) && box.Entries.At(at).Location() == f.from && segments[f.from.Slot] == f.segment
	return box, at, ok
}

// plan leaves out the recipients that expunged the message since it was read; ok is false if none
// is left.
func (f *Move) plan(p *planner) (payload, bool) {
	m := f.message
	m.Recipients = make([]format.Recipient, len(f.message.Recipients))
	m.Extents = f.extents
	parts := make([][]byte, 0, len(m.Recipients)+1)
	// A recipient that is left out keeps its place in the list, with the key 0, because identities
	// count from the first one.
	any := false
	for i, r := range f.message.Recipients {
		if _, _, ok := f.live(p.Data, p.segments, i); ok {
			m.Recipients[i] = r
			parts = append(parts, f.heads[i])
			any = true
		}
	}
	return payload{kind: format.KindMoved, message: &m, body: append(parts, f.body), copied: int64(len(f.body))}, any
}

func (f *Move) apply(a *applier, offset int64) {
	at := index.Location{Slot: a.slot, Offset: uint32(offset / 8)}
	m := f.message
	m.Recipients = make([]format.Recipient, len(f.message.Recipients))
	m.Extents = f.extents
	weight := int64(0)
	for i, r := range f.message.Recipients {
		box, row, ok := f.live(a.Data, a.segments, i)
		if !ok {
			continue
		}
		m.Recipients[i] = r
		weight = index.Weigh(box.Entries.At(row).Octets)
		// The old copy is still there: until its segment is retired a start may find it, so that a
		// delete must name both segments.
		box.Entries.Move(row, at)
		a.Copies.Add(box.Entries.Identity(row), f.segment)
	}
	// A record of several recipients, or with extents, is one in the index, too, and moves as one.
	a.foot.Message(m.Summary(offset))
	if rec, old := a.MoveRecord(f.from, at, f.extents); rec != nil {
		weight = rec.Weight
		for _, e := range old {
			a.moved = append(a.moved, e.Slot)
		}
	}
	a.moved = append(a.moved, f.from.Slot)
	a.Counts.Add(f.from.Slot, -1, -weight)
	a.Counts.Add(a.slot, 1, weight)
}

// ReadMove reads a record that is to be moved, and verifies it. file is what pinning its slot
// returned, and segment the one in it.
func ReadMove(f *format.Format, file flash.File, segment uint64, at index.Location) (*Move, error) {
	start := int64(at.Offset) * 8
	seed := f.Seed(segment)
	frame, head, _, err := reader.Head(file, start, f.SlotSize, seed, nil)
	if err != nil {
		return nil, err
	}
	m, err := format.DecodeMessage(head[format.FrameSize:])
	if err != nil {
		return nil, err
	}
	body := make([]byte, int64(frame.Length)-int64(len(head)))
	if _, err := file.ReadAt(body, start+int64(len(head))); err != nil {
		return nil, reader.Unreadable(err)
	}
	// Verified before it is written again: the copy gets a checksum of its own, and damage
	// would verify from then on.
	if sumParts(seed, [][]byte{body}) != m.Sum || m.Heads() > int64(len(body)) {
		return nil, fmt.Errorf("slot %d at byte %d: %w", at.Slot, start, format.ErrUnreadable)
	}
	mv := &Move{from: at, segment: segment, message: m, extents: m.Extents}
	for _, r := range m.Recipients {
		mv.heads = append(mv.heads, body[:r.Head])
		body = body[r.Head:]
	}
	mv.body = body
	return mv, nil
}
