package commit

import (
	"pillarbox/spool/format"
	"pillarbox/spool/index"
	"pillarbox/spool/slots"
)

// A plan is what a batch will hold, if nothing changes before it is written, and how much room it
// takes.
type plan struct {
	entries  []entry
	segments []uint64 // in each slot
	log      int64    // bytes in the log, at most 4 too many for each message
	foot     int64    // bytes by which the footer grows, at most
	reserve  int      // slots that the batch must leave alone
	seq      uint32   // of the next message after it
	due      bool     // there are retirements in it
}

// measure computes how much room the entries take.
func (p *plan) measure() {
	p.log, p.foot = format.BatchHeaderSize, 0
	for i := range p.entries {
		p.log += format.Align8(p.entries[i].size())
		p.foot += p.entries[i].inFooter()
	}
}

// owed ensures that the batch is written although there is nothing to write: with a retirement
// record that names no segment.
func (p *plan) owed() {
	if len(p.entries) > 0 {
		return
	}
	r := payload{kind: format.KindRetire, encode: func() []byte { return format.EncodeRetired(nil) }}
	r.render(nil)
	p.entries = []entry{{nil, r}}
	p.measure()
}

// An entry is a record of a batch.
type entry struct {
	change Change // to be applied; nil for a record that changes nothing in the index
	payload
}

// plan decides what a batch of the changes holds, and of the retirements that are due, with exact
// sizes. The lock of the index is held while it is read, not while records are encoded.
func (l leader) plan(changes, due []Change) *plan {
	l.own.segments = l.table.AppendSegments(l.own.segments[:0])
	p := &plan{reserve: l.reserveOf(changes), segments: l.own.segments}
	// One hold of the lock for all changes, so that they are planned against one state of the
	// index. Only the leader changes it, so that this is also the state that they are applied to.
	l.opt.Index.Read(func(d *index.Data) {
		pl := planner{d, p.segments, l.opens.epoch, l.opens.tag, l.opens.seq}
		for i, c := range append(changes[:len(changes):len(changes)], due...) {
			if r, ok := c.plan(&pl); ok {
				p.entries = append(p.entries, entry{c, r})
				p.due = p.due || i >= len(changes)
			}
		}
		p.seq = pl.seq
	})
	// Encoded once here to know its size. The checksum of a message depends on the segment, which
	// is not known yet; it is taken to be as long as it can get.
	for i := range p.entries {
		p.entries[i].render(nil)
	}
	p.measure()
	return p
}

// reserveOf returns how many slots a batch with these changes must leave alone.
func (l leader) reserveOf(changes []Change) int {
	reserve := 0
	for _, c := range changes {
		switch c.(type) {
		case *Intake, *RemoteNote:
			return slots.Reserved
		case *Move:
			reserve = l.cleaned.ColdReserve()
		}
	}
	return reserve
}
