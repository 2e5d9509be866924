package commit

import (
	"pillarbox/spool/format"
	"pillarbox/spool/slots"
)

// A Probe is for tests, which reach what no caller needs. Nothing else uses it.
type Probe struct{ log *Log }

// Probe returns a probe of the log.
func (l *Log) Probe() Probe { return Probe{l} }

// Waiting returns how many commits wait in the queue, and whether one of the others leads.
func (p Probe) Waiting() (n int, leading bool) {
	q := &p.log.queue
	q.mu.Lock()
	defer q.mu.Unlock()
	return len(q.list), q.leading
}

// Seal ends the active segment of a class.
func (p Probe) Seal(c format.Class) error {
	l := p.log.leader()
	return p.log.wait(&waiting{act: func() error {
		l.seal(l.own.head(c))
		return nil
	}})
}

// Leave ends the active segment of a class without a footer.
func (p Probe) Leave(c format.Class) error {
	l := p.log.leader()
	return p.log.wait(&waiting{act: func() error {
		l.leave(l.own.head(c), 0)
		return nil
	}})
}

// SealBulk ends the bulk segment that new mail goes to.
func (p Probe) SealBulk() {
	b := &p.log.incoming
	b.mu.Lock()
	defer b.mu.Unlock()
	b.leave()
}

// EmptyBulk begins a bulk segment and ends it, and returns the use of its extents.
func (p Probe) EmptyBulk() (slot uint32, segment uint64, use Extents, err error) {
	b := &p.log.incoming
	b.mu.Lock()
	defer b.mu.Unlock()
	if err := b.begin(); err != nil {
		return 0, 0, Extents{}, err
	}
	p.log.table.AddExtent(b.slot)
	use = Extents{bulk: b, slots: []uint32{b.slot}}
	slot, segment = b.slot, b.segment
	b.leave()
	return slot, segment, use, nil
}

// Empty moves all that lives out of a segment.
func (p Probe) Empty(g slots.Segment) error {
	file, segment, err := p.log.opt.Table.Pin(g.Slot)
	if err != nil {
		return err
	}
	defer p.log.opt.Table.Unpin(g.Slot)
	v := slots.Victim{Slot: g.Slot, Segment: segment, IsLog: g.Header.Class.IsLog(), File: file}
	if v.IsLog {
		return p.log.cleaner(false).moveLog(v)
	}
	return p.log.cleaner(false).moveBulk(v)
}

// Overlong writes a batch whose plan is too short for it, to the hot log.
func (p Probe) Overlong(c Change) error {
	l := p.log.leader()
	return p.log.wait(&waiting{act: func() error {
		h := &l.own.hot
		short := l.plan([]Change{c}, nil)
		short.log, short.foot = format.BatchHeaderSize, 0
		begins, err := l.ensureActive(h, short)
		if err != nil {
			return err
		}
		return l.writePlan(h, short, begins, false)
	}})
}

// GrowFooter makes the footer of the active hot segment longer.
func (p Probe) GrowFooter(bytes int) { p.log.own.hot.foot.TombstoneBytes = make([]byte, bytes) }

// SetInherited replaces the tombstones that are to be written again.
func (p Probe) SetInherited(list []format.TombstoneSet) { p.log.own.carrying.inherited = list }

// Unapplied returns a change that is written, and does not get into the index.
func Unapplied(c Change) Change { return unapplied{c} }

type unapplied struct{ Change }

func (unapplied) apply(*applier, int64) {}

// Raw returns a change that writes a record with any meta part.
func Raw(kind format.Kind, meta []byte) Change { return raw{kind, meta} }

type raw struct {
	kind format.Kind
	meta []byte
}

func (raw) weight() int64         { return 16 }
func (raw) apply(*applier, int64) {}
func (r raw) plan(*planner) (payload, bool) {
	return payload{kind: r.kind, encode: func() []byte { return r.meta }}, true
}
