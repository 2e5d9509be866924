package commit

import (
	"errors"
	"fmt"
	"slices"
	"syscall"

	"pillarbox/spool/format"
	"pillarbox/spool/slots"
)

// run writes a group as one batch, one write for each 128 KiB and one flush of the slot, and sets
// the error of each of its members. Those that get nil are durable and in the index. Of the others
// none is in the index, and what of them is on the device will not count once a later segment
// begins.
//
// Mail that finds no room is refused alone, and so are remote ids when FORMAT cannot be written:
// the deletes, labels and moves beside it are written.
// After a failed write or flush the batch goes to another slot, once, and is read back past the
// page cache.
func (l leader) run(group []*waiting) {
	if group = l.refuseAhead(group); len(group) == 0 {
		return
	}
	if group[0].act != nil {
		// Before the act, which may write a header or a footer: they have the epoch of this open.
		if group[0].err = l.opens.number(l.opt.Rand, l.opt.Index); group[0].err == nil {
			group[0].err = group[0].act()
		}
		return
	}
	// All changes of a group are for one head (queue.next), and no other goroutine leads: h, the
	// epoch and the version of the format do not change until run returns, but for what it does.
	batches := l.own.batches
	h := l.own.head(classOf(group[0].changes))
	l.progress.step()
	if group = l.upgrade(group); len(group) == 0 {
		return
	}
	// In this order: the record that settles the other head has the epoch of this open, and nothing
	// may be acknowledged on h before that record is durable.
	err := l.opens.number(l.opt.Rand, l.opt.Index)
	if err == nil {
		err = l.settleDoubt(h)
	}
	if err == nil {
		group, err = l.writeTwice(h, group)
	}
	// The weights by which the queue forms groups are estimates. Halved, each part is planned for
	// itself; a single change that no slot holds is refused.
	if errors.Is(err, errTooLong) && len(group) > 1 {
		l.run(group[:len(group)/2])
		l.run(group[len(group)/2:])
		return
	}
	for _, w := range group {
		w.err = err
	}
	l.meter.update(func(c *Counters) {
		// The only place where it changes: a batch was refused twice, or one was written.
		c.ReadOnly = errors.Is(err, slots.ErrFault) || c.ReadOnly && l.own.batches == batches
	})
}

// writeTwice writes a group, and once more when the device refuses the first batch.
func (l leader) writeTwice(h *head, group []*waiting) (left []*waiting, err error) {
	// A card may refuse one write and take the next one elsewhere. The callers wait for both: an
	// error would make a mail client send, or delete, again.
	group, fault := l.write(h, group, false, slots.ErrFull)
	if !errors.Is(fault, slots.ErrFault) {
		return group, fault
	}
	// If it was the first batch of a cold segment that was refused, the hot head owes the record
	// that retires it. Mail for which there is no second slot gets the fault and not ErrFull: the
	// device is what failed.
	if err := l.settleDoubt(h); err != nil {
		return group, err
	}
	return l.write(h, group, true, fault)
}

// write plans the batch of a group, makes room for it and writes it. What it plans is exact, and is
// planned again after room was made: that moves messages which the batch may delete. It returns
// those members that were not refused; the error is theirs. Mail for which there is no room gets
// the error full.
func (l leader) write(h *head, group []*waiting, readBack bool, full error) (left []*waiting, err error) {
	budget := retirementBudget(l.opt.Format)
	// More than enough: each frees a slot, or comes nearer to it.
	rounds := int(l.opt.Format.Pages())
	// It is planned each time. Room is made by moving messages, and one that the batch deletes has
	// a second copy then, which needs a tombstone, too: with the plan of before it would come back.
	for {
		p := l.plan(changesOf(group), l.retirements(h, budget))
		if len(p.entries) == 0 {
			return group, nil
		}
		// Before a slot is looked for: where slots grow on a file system that is nearly full, the
		// files of dead segments hold the room that this batch needs.
		l.opt.Table.Shed()
		begins, err := l.ensureActive(h, p)
		switch {
		case err == nil:
			return group, l.writePlan(h, p, begins, readBack)
		case errors.Is(err, errTooLong) && p.due:
			// The changes and what is carried out of dead segments do not fit a slot together. The
			// changes come first.
			budget = 0
		case !errors.Is(err, slots.ErrFull) || p.reserve != slots.Reserved:
			// Without mail the batch may take the last slot, so making room would not help; and the
			// cleaner, which commits moves, must not call itself.
			return group, err
		case rounds > 0 && l.makeRoom():
			rounds--
		default:
			if group = refuseMail(group, full); len(group) == 0 {
				return nil, nil
			}
		}
	}
}

// refuseAhead takes those members out of a group that are done ahead of time, if a copy of the
// folder is being made. Only the leader can decide that: Log.AwaitBatch lets a hold wait for the
// batch that is being written, and each later one is decided upon with the hold in place.
func (l leader) refuseAhead(group []*waiting) (rest []*waiting) {
	if !slices.ContainsFunc(group, func(w *waiting) bool { return w.ahead }) || !l.opt.Table.Held() {
		return group
	}
	for _, w := range group {
		if w.ahead {
			w.err = slots.ErrHeld
		} else {
			rest = append(rest, w)
		}
	}
	return rest
}

// changesOf returns the changes of a group.
func changesOf(group []*waiting) []Change {
	var changes []Change
	for _, w := range group {
		changes = append(changes, w.changes...)
	}
	return changes
}

// refuseMail takes those members out of a group that are new mail, and gives them their error.
func refuseMail(group []*waiting, err error) (rest []*waiting) {
	for _, w := range group {
		if w.isMail() {
			w.err = err
		} else {
			rest = append(rest, w)
		}
	}
	return rest
}

// commit writes changes at once, as Log.Commit does for a caller that waits in the queue. Without
// changes it retires what is dead. It is for changes that need no room to be made.
func (l leader) commit(changes ...Change) error {
	// A batch inside of a batch: the outer one has only planned, and plans again afterwards. Moves
	// and retirements leave fewer slots alone than mail does, so that this one never makes room
	// itself.
	_, err := l.write(l.own.head(classOf(changes)), []*waiting{{changes: changes}}, false, slots.ErrFull)
	return err
}

// makeRoom frees a slot, or comes nearer to it. It returns false if there is nothing to gain.
func (l leader) makeRoom() bool {
	if !l.cleaned.Retirable() && l.cleaned.Hurry(false) {
		return true
	}
	progress, err := cleaner{parts: l.parts, moved: l.moved, write: l.commit, sealCold: l.sealNarrow}.step()
	return progress && err == nil
}

// A batch that was refused after failed flushes may be on the device anyway. It ceases to count
// when its head goes on: with the header of the next segment, or the record that retires what was
// begun. With two heads the next batch may be one for the other head, and until that is durable
// nothing may be acknowledged there: after a power cut refused mail would be back.

// settleDoubt writes what the other head owes before a batch goes to h: a batch, if only with a
// record that says nothing. When there is no slot for it the batch for h goes on, because deletes
// must.
func (l leader) settleDoubt(h *head) error {
	other := &l.own.hot
	if h == other {
		other = &l.own.cold
	}
	if !other.doubt {
		return nil
	}
	// It is read back, as after any failed flush: what it says must be true on the device. If it
	// fails, nothing is acknowledged on h either, and the next commit tries again.
	p := l.plan(nil, l.retirements(other, retirementBudget(l.opt.Format)))
	p.owed()
	begins, err := l.ensureActive(other, p)
	if err == nil {
		err = l.writePlan(other, p, begins, true)
	}
	if errors.Is(err, slots.ErrFull) {
		return nil
	}
	return err
}

// upgrade makes the spool one of version 2, before the first remote ids are written. A program that
// does not know them refuses the spool then, and leaves it as it is. If FORMAT cannot be written,
// the members of the group that have remote ids get the error; it returns the others.
//
// Ids that are repeated need no upgrade: a start that finds some raises the version.
func (p *parts) upgrade(group []*waiting) (rest []*waiting) {
	if !slices.ContainsFunc(group, hasNote) || p.version.Load() >= format.Version2 {
		return group
	}
	err := p.opt.Upgrade()
	// FORMAT first, then the records: with the order reversed, a power cut in between would leave
	// records that an older program takes for damage.
	if err == nil {
		p.version.Store(format.Version2)
		return group
	}
	err = fmt.Errorf("write %s: %w", format.Name, err)
	if errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EDQUOT) {
		err = fmt.Errorf("%w: %w", slots.ErrFull, err)
	}
	err = p.opt.Table.Fault(err)
	for _, w := range group {
		if hasNote(w) {
			w.err = err
		} else {
			rest = append(rest, w)
		}
	}
	return rest
}

// hasNote reports whether remote ids are among the changes.
func hasNote(w *waiting) bool {
	return slices.ContainsFunc(w.changes, func(c Change) bool { _, ok := c.(*RemoteNote); return ok })
}
