package commit

import (
	"context"
	"errors"

	"pillarbox/spool/format"
	"pillarbox/spool/slots"
)

// A Log is the only writer of a spool. The first committer to find no batch in flight becomes the
// leader and writes everything that is queued as one batch with one flush (group commit).
// Committers that arrive during the flush form the next batch, whose leader is the first of them.
// No goroutine is needed, and a commit to an idle spool does not wait.
type Log struct {
	parts
	queue    queue
	incoming bulk // where large mail goes
	moved    bulk // where large mail is moved
	own      owned
}

// A Start is what a start has found of the log.
type Start struct {
	Epoch     uint32 // the greatest that was seen
	Hot, Cold Position
	Lifetime  format.Lifetime
	Damaged   int                   // records that did not verify
	Inherited []format.TombstoneSet // out of retired segments, to be written again
}

// New returns a log that goes on where a start has found its end.
func New(opt Options, start Start) (*Log, error) {
	l := &Log{parts: parts{opt: opt, table: opt.Table.Writer(), cleaned: opt.Table.Cleaning()}}
	l.version.Store(int32(max(opt.Format.Version, format.Version1)))
	l.queue.init()
	l.opens.epoch = start.Epoch
	l.meter.counters = Counters{Lifetime: start.Lifetime, Damaged: start.Damaged}
	l.incoming = bulk{parts: &l.parts, makeRoom: l.Clean}
	l.moved = bulk{parts: &l.parts, cold: true}
	l.own.carrying = carrying{inherited: start.Inherited, done: make(map[uint64]carried)}
	l.own.hot.class, l.own.cold.class = format.ClassLog, format.ClassCold
	for _, h := range []struct {
		head *head
		at   Position
	}{{&l.own.hot, start.Hot}, {&l.own.cold, start.Cold}} {
		if err := l.resume(h.head, h.at); err != nil {
			return nil, err
		}
	}
	return l, nil
}

// Commit writes changes, which are for the same head, and returns nil when they are durable: a
// share of one flush. Without changes it retires what is dead.
func (l *Log) Commit(changes ...Change) error { return l.wait(&waiting{changes: changes}) }

// wait queues a commit, leads when it is its turn, and returns what became of it.
func (l *Log) wait(me *waiting) error {
	if l.opt.ReadOnly {
		return ErrReadOnly
	}
	l.progress.begin()
	defer l.progress.end()
	lead, err := l.queue.join(me)
	if err != nil {
		return err
	}
	if lead || <-me.turn {
		group := l.queue.next(min(MaxBatch, l.opt.Format.SlotSize/2))
		l.leader().run(group)
		l.queue.done(group)
	}
	return me.err
}

// Closed reports whether Close was called.
func (l *Log) Closed() bool { return l.queue.isClosed() }

// Close refuses further commits, and waits for those under way and for large mail that is being
// written. It returns false if the log was closed already. Nothing is written: the next open goes
// on where this one ended, as it would after a power cut.
func (l *Log) Close() bool {
	if !l.queue.close() {
		return false
	}
	l.incoming.mu.Lock()
	defer l.incoming.mu.Unlock()
	l.moved.mu.Lock()
	defer l.moved.mu.Unlock()
	l.opt.Table.Close()
	return true
}

// Staging returns the memory for mail on its way.
func (l *Log) Staging() *Staging { return &l.staging }

// Reclaimed returns how many segments were retired since the start.
func (l *Log) Reclaimed() int { return int(l.retired.Load()) }

// A Frozen is the log while no batch can be written, see Freeze.
type Frozen struct {
	Epoch     uint32
	Hot, Cold Position
	Inherited []format.TombstoneSet // no segment that counts says these yet
}

// Freeze waits until no batch is written and keeps others from being written, until Thaw. It
// returns false if the log is closed.
func (l *Log) Freeze() (Frozen, bool) {
	if !l.queue.seize() {
		return Frozen{}, false
	}
	o := &l.own
	return Frozen{l.opens.last(), o.hot.position(), o.cold.position(), o.carrying.inherited}, true
}

// Thaw ends what Freeze began.
func (l *Log) Thaw() { l.queue.handOn() }

// Step notes progress of the caller that has frozen the log, because commits wait meanwhile.
func (l *Log) Step() { l.progress.step() }

// resume makes a head go on where a start has found its end.
func (l *Log) resume(h *head, at Position) error {
	h.last.segment, h.last.end = at.Last, at.LastEnd
	if !at.Active {
		return nil
	}
	h.active, h.slot, h.segment, h.end, h.foot = true, at.Slot, at.Segment, at.End, at.Foot
	var err error
	h.file, err = l.table.Resume(at.Slot, h.left(l.opt.Format))
	return err
}

// End returns where the log of a class ends. Nothing may be committed meanwhile.
func (l *Log) End(c format.Class) Position { return l.own.head(c).position() }

// Progress reports whether a caller waits for the device to take a write, and how many steps such
// waits have made since the start. It takes no lock and never waits.
func (l *Log) Progress() (busy bool, steps uint64) {
	return l.progress.busy.Load() > 0, l.progress.steps.Load()
}

// Counters returns what the log has counted.
func (l *Log) Counters() Counters { return l.meter.read() }

// Damage counts records that did not verify.
func (l *Log) Damage(records int) { l.meter.damage(records) }

// Extents returns an empty list, for mail that comes.
func (l *Log) Extents() Extents { return Extents{bulk: &l.incoming} }

// Clean retires what is dead, or empties one segment. It returns false if there is nothing to gain.
func (l *Log) Clean() (progress bool, err error) { return l.cleaner(false).step() }

// AwaitBatch returns when no batch is written, and no mail moved, that was decided upon before the
// call; batches that follow do not delay it. A hold that has begun before the call is known to all
// that is decided upon later. It returns an error if the log is closed: then nothing is written.
func (l *Log) AwaitBatch() error {
	if l.opt.ReadOnly {
		return nil
	}
	err := l.wait(&waiting{act: func() error { return nil }})
	l.moved.mu.Lock()
	defer l.moved.mu.Unlock()
	return err
}

// cleaner returns a cleaner for every caller but the leader. ahead: nothing needs the room yet.
func (l *Log) cleaner(ahead bool) cleaner {
	wait := func(me *waiting) error {
		me.ahead = ahead
		return l.wait(me)
	}
	return cleaner{
		parts: &l.parts, moved: &l.moved, ahead: ahead,
		write:    func(changes ...Change) error { return wait(&waiting{changes: changes}) },
		sealCold: func() error { return wait(&waiting{act: l.leader().sealNarrow}) },
	}
}

// leader returns what writes the log, for the one goroutine that leads.
func (l *Log) leader() leader { return leader{&l.parts, &l.own, &l.moved} }

// MakeRoom makes room ahead of time as long as few slots are left. The caller waits for the
// commits.
func (l *Log) MakeRoom(ctx context.Context) error {
	for l.opt.Table.Few() && ctx.Err() == nil && !l.opt.Table.Held() {
		progress, err := l.cleaner(true).step()
		if errors.Is(err, slots.ErrFull) || errors.Is(err, slots.ErrHeld) {
			break // there is no place to move mail to until some is deleted, or a hold has begun
		}
		if !progress || err != nil {
			return err
		}
	}
	return ctx.Err()
}

// worthwhile is the share of a slot's bytes, in percent, above which Compact leaves a segment
// alone.
const worthwhile = 75

// Compact moves mail together, whether slots are few or not, until every segment is three quarters
// full: each slot that it frees costs as many bytes as lived in it. progress is called after each
// segment. It ends with slots.ErrHeld when a hold begins.
func (l *Log) Compact(ctx context.Context, progress func()) error {
	c := l.cleaner(true)
	for range l.cleaned.Rounds() {
		if err := ctx.Err(); err != nil {
			return err
		}
		if l.opt.Table.Held() {
			return slots.ErrHeld
		}
		retirable := l.cleaned.Retirable()
		if n, ok := c.victimBytes(); !retirable && (!ok || n > l.opt.Format.SlotSize/100*worthwhile) {
			return nil
		}
		if !retirable {
			l.cleaned.Hurry(true) // room was asked for
		}
		more, err := c.step()
		if err != nil || !more {
			return err
		}
		progress()
	}
	return nil
}
