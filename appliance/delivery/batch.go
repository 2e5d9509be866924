package delivery

import (
	"context"

	"pillarbox/appliance/accounts"
	"pillarbox/pop3/wire"
	"pillarbox/spool"
)

// A Batch gathers deliveries to one account that share a commit, because each commit costs a flush
// and at least one page of the flash. It is used by one goroutine.
type Batch struct {
	intake *Intake
	open   []*Delivery
	octets int64
}

// NewBatch returns an empty batch.
func (in *Intake) NewBatch() *Batch { return &Batch{intake: in} }

// Add adds a delivery that has arrived whole. If it returns an error, the delivery is not in the
// batch and has to be aborted.
func (b *Batch) Add(d *Delivery, shape wire.Shape) error {
	if err := d.ready(shape, b.octets); err != nil {
		return err
	}
	b.open, b.octets = append(b.open, d), b.octets+shape.Octets
	return nil
}

// Octets returns the octets of the messages that wait.
func (b *Batch) Octets() int64 { return b.octets }

// Commit makes the deliveries durable, in their order, and empties the batch. It returns how many
// were committed: the first n, also if err is not nil.
func (b *Batch) Commit(ctx context.Context) (n int, err error) {
	if len(b.open) == 0 {
		return 0, nil
	}
	list := make([]spool.Written, len(b.open))
	for i, d := range b.open {
		list[i] = spool.Written{Delivery: d.stored, Shape: stored(d.shape)}
	}
	b.intake.makeRoom(ctx, b.open[0].arrival, b.open[0].to, b.octets)
	n, err = b.intake.o.Spool.CommitAll(list)
	b.drop()
	return n, err
}

// Abort drops what was not committed.
func (b *Batch) Abort() {
	for _, d := range b.open {
		d.Abort()
	}
	b.drop()
}

func (b *Batch) drop() {
	for _, d := range b.open {
		b.intake.unfinished.end(d.arrival)
	}
	b.open, b.octets = b.open[:0], 0
}

// Measure reports whether an import could take a message of that many octets, beside octets that it
// has taken: the rules of Begin and Add, without a message.
func (in *Intake) Measure(account accounts.Account, octets, beside int64) error {
	if octets > in.o.Largest {
		return ErrTooLarge
	}
	if err := in.quota(account, octets, beside); err != nil {
		return err
	}
	if beside+octets > in.o.Spool.Spare()+in.binned(in.bins()) {
		return ErrFull
	}
	return nil
}
