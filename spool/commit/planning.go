package commit

import (
	"pillarbox/spool/index"
	"pillarbox/spool/slots"
)

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
