package delivery

import (
	"context"

	"go.uber.org/zap"

	"pillarbox/appliance/access"
	"pillarbox/appliance/accounts"
	"pillarbox/pop3/wire"
	"pillarbox/spool"
)

// A Recipient is an account that gets a message. Head comes before the content in its mailbox only,
// in wire form.
//
// With Mailbox set it is no account but another mailbox of the spool: the queue of outgoing mail.
// No quota applies there, only the share that a mailbox may have of the spool.
type Recipient struct {
	Account string
	Head    []byte
	Mailbox spool.Key
}

// A Delivery is one message on its way. Write takes its wire form; Commit or Abort ends it, and an
// Abort after either does nothing. It is used by one goroutine.
type Delivery struct {
	intake  *Intake
	message Message
	to      []accounts.Account
	stored  *spool.Delivery
	arrival *arrival
	shape   wire.Shape // once it is ready (Batch)
}

// Begin starts a delivery to one or more accounts. It returns ErrRemoved if one of them does not
// exist, and the errors of Room and MailboxRoom if the source has its size judged here.
func (in *Intake) Begin(ctx context.Context, m Message, to []Recipient) (*Delivery, error) {
	d := &Delivery{intake: in, message: m}
	table := in.rules().Table
	recipients := make([]spool.Recipient, len(to))
	for i, r := range to {
		if r.Mailbox != 0 {
			recipients[i] = spool.Recipient{Mailbox: r.Mailbox, Head: r.Head}
			continue
		}
		account, ok := table.Lookup(r.Account)
		if !ok {
			return nil, ErrRemoved
		}
		recipients[i] = spool.Recipient{Mailbox: spool.Key(account.Mailbox), Head: r.Head}
		d.to = append(d.to, account)
	}
	if m.Source != Client { // a client was judged at MAIL and RCPT
		if err := d.judge(m.Size); err != nil {
			return nil, err
		}
	}
	envelope := spool.Envelope{From: m.From, UID: m.UID, Size: m.Size, Received: m.Received, Remote: m.Remote, Judged: true}
	stored, err := in.o.Spool.Begin(ctx, envelope, recipients)
	if err != nil {
		return nil, err
	}
	d.stored, d.arrival = stored, in.arrive(m)
	return d, nil
}

// judge applies the quota rule to an announced size, and asks for room in the spool.
func (d *Delivery) judge(octets int64) error {
	if err := d.intake.room(octets, loggedIn); err != nil {
		return err
	}
	if d.message.Source.unlimited() {
		return nil
	}
	for _, account := range d.to {
		if err := d.intake.quota(account, octets, -d.message.Replaces); err != nil {
			return err
		}
	}
	return nil
}

// AvailableBuffer returns an empty buffer: what is appended to it and passed to the next Write is
// not copied (spool.Delivery).
func (d *Delivery) AvailableBuffer() []byte { return d.stored.AvailableBuffer() }

// Write takes the next octets. After an error only Abort follows.
func (d *Delivery) Write(p []byte) (int, error) {
	err := d.intake.unfinished.grow(d.arrival, len(p), func() bool { return d.intake.hasRoom(2 * budgetStep) })
	if err != nil {
		return 0, err
	}
	return d.stored.Write(p)
}

// Fingerprint sets the fingerprint of the remote id, which is known when the header was written.
func (d *Delivery) Fingerprint(sum [12]byte) { d.stored.Fingerprint(sum) }

// Commit makes the message durable for all recipients or for none. shape is what the scanner
// measured of what was written. An error means that the message was not accepted.
func (d *Delivery) Commit(ctx context.Context, shape wire.Shape) error {
	if err := d.ready(shape, 0); err != nil {
		return err
	}
	if d.message.Source != Restore { // its copy in the bin goes afterwards, and others may be next
		d.intake.makeRoom(ctx, d.arrival, d.to, shape.Octets)
	}
	err := d.stored.Commit(ctx, stored(shape))
	if err == nil {
		d.intake.unfinished.end(d.arrival)
	}
	return err
}

// ready notes that the message has arrived whole, beside octets for the same mailbox that wait for
// their commit.
func (d *Delivery) ready(shape wire.Shape, beside int64) error {
	if err := d.intake.unfinished.finish(d.arrival); err != nil {
		return err
	}
	d.shape = shape
	switch {
	case shape.Octets > d.intake.o.Largest:
		return ErrTooLarge
	case d.message.Source.final():
		for _, account := range d.to {
			if err := d.intake.quota(account, shape.Octets, beside); err != nil {
				return err
			}
		}
	// The size was not announced.
	case !d.message.Source.unlimited() && !d.intake.fits(d.to, shape.Octets):
		return ErrTooLarge
	}
	return nil
}

// Abort drops the message.
func (d *Delivery) Abort() {
	d.stored.Abort()
	octets := d.intake.unfinished.end(d.arrival)
	if d.message.Sender != nil {
		d.intake.o.Clients.Wasted(d.message.Sender.Client, octets)
	}
}

// stored returns a shape as the spool wants it.
func stored(shape wire.Shape) spool.Shape {
	return spool.Shape{Octets: shape.Octets, Header: shape.Header}
}

// arrive notes that a message begins to arrive.
func (in *Intake) arrive(m Message) *arrival {
	if m.Sender == nil {
		return in.unfinished.begin(access.Client{}, loggedIn, func() {})
	}
	return in.unfinished.begin(m.Sender.Client, in.standing(m), func() {
		in.o.Log.Info("unfinished message dropped to make room for others",
			zap.Stringer("remote", m.Sender.Client), zap.Error(errGaveWay))
		m.Sender.Cut()
	})
}

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
