package spool

// An intake is a mail on its way into the log.
type intake struct {
	message message // without tag, identity, sum and recipients, which the batch decides
	to      []Recipient
	body    []byte // the mail in wire form, unless it lies in extents
	stays   bool   // it goes to the cold head
}

func (f *intake) weight() int64 {
	n := int64(len(f.body)+len(f.message.from)) + 32*int64(len(f.message.extents)) + 256
	for _, r := range f.to {
		n += int64(len(r.Head)) + 32
	}
	return n
}

func (f *intake) record(s *Spool) (logRecord, bool) {
	m := &f.message
	m.recipients = m.recipients[:0]
	parts := make([][]byte, 0, len(f.to)+1)
	for _, r := range f.to {
		m.recipients = append(m.recipients, recipient{r.Mailbox, uint32(len(r.Head))})
		parts = append(parts, r.Head)
	}
	parts = append(parts, f.body)
	m.tag, m.first = s.log.identify(len(f.to))
	m.sum = s.sumOf(s.log.writing, parts)
	return logRecord{kind: kindMessage, meta: m.encode(nil), body: parts, recipients: len(f.to), mail: int64(len(f.body))}, true
}

func (f *intake) settle(s *Spool, sl *slot, offset int64, foot *footer) {
	sum := f.message.summary(offset)
	foot.message(sum)
	s.learn(sl, sum)
	if rec := s.records[place{sl.number, uint32(offset / 8)}]; rec != nil {
		s.claim(rec)
	}
	for i, r := range sum.recipients {
		box := s.mailboxes[r.key]
		if at, ok := box.find(identity{sum.first.epoch, sum.first.seq + uint32(i)}); ok {
			box.verified.set(at)
		}
	}
}

// An expunge is a tombstone on its way into the log.
type expunge struct {
	key    Key
	ids    []identity // ascending
	graves []grave    // of those that are not gone yet
}

func (f *expunge) weight() int64 { return 10 * int64(len(f.ids)) }

func (f *expunge) record(s *Spool) (logRecord, bool) {
	f.graves = f.graves[:0]
	box := s.mailboxes[f.key]
	if box == nil {
		return logRecord{}, false
	}
	yards := make(map[plot]int)
	for _, id := range f.ids {
		i, ok := box.find(id)
		if !ok || box.dead.has(i) {
			continue
		}
		segment := s.slots[box.rows[i].slot].header.segment
		f.dig(s, yards, plot{segment, id.epoch}, id.seq)
		for _, other := range s.copies[id] {
			if other != segment {
				f.dig(s, yards, plot{other, id.epoch}, id.seq)
			}
		}
	}
	return logRecord{kind: kindTombs, meta: encodeTombs(f.graves)}, len(f.graves) > 0
}

// A plot is where graves are dug: one for each segment that holds a message, and each open.
type plot struct {
	segment uint64
	epoch   uint32
}

// dig adds a message to the grave of a plot. yards knows the graves by plot.
func (f *expunge) dig(s *Spool, yards map[plot]int, p plot, seq uint32) {
	n, known := yards[p]
	if !known {
		n = len(f.graves)
		yards[p] = n
		f.graves = append(f.graves, grave{f.key, p.segment, p.epoch, s.tags[p.epoch], nil})
	}
	if seqs := f.graves[n].seqs; len(seqs) == 0 || seqs[len(seqs)-1] != seq {
		f.graves[n].seqs = append(seqs, seq)
	}
}

func (f *expunge) settle(s *Spool, sl *slot, _ int64, foot *footer) {
	for _, g := range f.graves {
		foot.grave(g)
		s.bury(g, sl.header.segment)
	}
}
