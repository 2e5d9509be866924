package commit

import (
	"pillarbox/spool/format"
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
