package spool

import (
	"fmt"
	"time"
)

// A moving is a message record on its way out of a segment that is to be retired. It goes to the cold head, so that mail
// that stays keeps company with its like, and keeps its identity.
type moving struct {
	from    place
	segment uint64 // in which it lies there
	message message
	heads   [][]byte // of each recipient
	body    []byte   // the mail, unless it lies in extents
	extents []extent // where they are now, or are to be
}

func (f *moving) weight() int64 { return int64(len(f.body)) + 1024 + 32*int64(len(f.extents)) }

// live says whether a recipient still has its message at the place that it is moved from. Spool.mu is held.
func (f *moving) live(s *Spool, i int) (*mailbox, int, bool) {
	r := f.message.recipients[i]
	box := s.mailboxes[r.key]
	if box == nil {
		return nil, 0, false
	}
	at, ok := box.find(identity{f.message.first.epoch, f.message.first.seq + uint32(i)})
	ok = ok && !box.dead.has(at) && box.rows[at].place() == f.from && s.slots[f.from.slot].header.segment == f.segment
	return box, at, ok
}

// record leaves out those who expunged the message while it was read, and is nothing when all did.
func (f *moving) record(s *Spool) (logRecord, bool) {
	m := f.message
	m.recipients = make([]recipient, len(f.message.recipients))
	m.extents = f.extents
	parts := make([][]byte, 0, len(m.recipients)+1)
	any := false
	for i, r := range f.message.recipients {
		if _, _, ok := f.live(s, i); ok {
			m.recipients[i] = r
			parts = append(parts, f.heads[i])
			any = true
		}
	}
	parts = append(parts, f.body)
	m.sum = s.sumOf(s.log.writing, parts)
	return logRecord{kind: kindMoved, meta: m.encode(nil), body: parts, recipients: len(m.recipients), copied: int64(len(f.body))}, any
}

func (f *moving) settle(s *Spool, sl *slot, offset int64, foot *footer) {
	at := place{sl.number, uint32(offset / 8)}
	m := f.message
	m.recipients = make([]recipient, len(f.message.recipients))
	m.extents = f.extents
	weight := int64(0)
	for i, r := range f.message.recipients {
		box, row, ok := f.live(s, i)
		if !ok {
			continue
		}
		m.recipients[i] = r
		weight = weigh(box.rows[row].octets)
		box.rows[row].move(at)
		id := box.rows[row].identity
		s.copies[id] = append(s.copies[id], f.segment)
	}
	foot.message(m.summary(offset))
	if rec := s.records[f.from]; rec != nil {
		delete(s.records, f.from)
		s.records[at] = rec
		weight = rec.weight
		s.exchange(rec, f.extents)
	}
	from := s.slots[f.from.slot]
	from.moved = time.Now()
	s.count(from, -1, -weight)
	s.count(sl, 1, weight)
}

// exchange makes a record name other extents.
func (s *Spool) exchange(rec *record, extents []extent) {
	old := rec.extents
	rec.extents = extents
	s.claim(rec)
	for _, e := range old {
		s.slots[e.slot].moved = time.Now()
		s.count(s.slots[e.slot], -1, -e.bytes())
	}
}

// readMoving reads a record that is to be moved, and verifies it.
func (s *Spool) readMoving(sl *slot, segment uint64, at place) (*moving, error) {
	start := int64(at.offset) * 8
	seed := s.format.seed(segment)
	f, head, _, err := readHead(sl.file, start, s.format.slotSize, seed, make([]byte, firstRead))
	if err != nil {
		return nil, err
	}
	m, err := decodeMessage(head[frameSize:])
	if err != nil {
		return nil, err
	}
	body := make([]byte, int64(f.length)-int64(len(head)))
	if _, err := sl.file.ReadAt(body, start+int64(len(head))); err != nil {
		return nil, cmpErr(err)
	}
	if s.sumOf(segment, [][]byte{body}) != m.sum || m.heads() > int64(len(body)) {
		return nil, fmt.Errorf("slot %d at byte %d: %w", sl.number, start, errUnreadable)
	}
	mv := &moving{from: at, segment: segment, message: m, extents: m.extents}
	for _, r := range m.recipients {
		mv.heads = append(mv.heads, body[:r.head])
		body = body[r.head:]
	}
	mv.body = body
	return mv, nil
}
