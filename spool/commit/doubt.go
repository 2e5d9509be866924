package commit

import (
	"errors"

	"pillarbox/spool/slots"
)

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
