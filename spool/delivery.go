package spool

import (
	"context"
	"fmt"
	"time"

	"pillarbox/spool/flash"
)

// An Envelope is what is kept of a mail beside its bytes.
type Envelope struct {
	From     string    // reverse-path, at most 1024 bytes
	UID      string    // unique-id that the mail had in another store, at most 70 bytes, for a single recipient; "" computes one
	Size     int64     // octets as announced, to refuse early; 0 when not known
	Received time.Time // zero: now
}

// A Recipient is a mailbox that gets the mail, and the beginning of the mail that only this mailbox sees, in wire
// form; at most 1024 recipients.
type Recipient struct {
	Mailbox Key
	Head    []byte
}

// A Shape is what the caller measured of the mail that it wrote, heads not included.
type Shape struct {
	Octets int64 // as POP3 lists it: CRLF counted, byte-stuffing and the closing ".CRLF" not
	Header int64 // stored bytes that are the header, its blank line included
}

// maxInline is how large a mail may be, in bytes, and still be written into the log with its record. Larger ones go to
// bulk slots as they come. A slot holds at least four of them.
const maxInline = 256 << 10

// A Delivery takes one mail. It is used by one goroutine and holds at most maxInline bytes of the mail.
type Delivery struct {
	spool    *Spool
	envelope Envelope
	to       []Recipient
	heads    int64 // bytes of all heads

	stage   *stage
	buf     []byte     // in the stage; what is not yet in an extent
	size    int64      // bytes written so far
	large   bulkWriter // what is in extents
	claimed int64      // of Spool.pending
	err     error      // after which only Abort follows
	ended   bool
}

// Begin starts a delivery. ErrTooLarge, ErrFull and ErrMailboxFull say that there is no room for the announced size.
func (s *Spool) Begin(_ context.Context, e Envelope, to []Recipient) (*Delivery, error) {
	if s.log.isClosed() {
		return nil, ErrClosed
	}
	if s.opt.ReadOnly {
		return nil, ErrReadOnly
	}
	if len(to) == 0 || len(to) > maxRecipients || len(e.From) > maxFrom {
		return nil, fmt.Errorf("spool: a mail has 1…%d recipients and a reverse-path of at most %d bytes", maxRecipients, maxFrom)
	}
	if len(e.UID) > maxUID || e.UID != "" && len(to) > 1 {
		return nil, fmt.Errorf("spool: a unique-id of at most %d bytes is for one recipient", maxUID)
	}
	if err := s.Room(e.Size); err != nil {
		return nil, err
	}
	d := &Delivery{spool: s, envelope: e, to: to, large: bulkWriter{spool: s, bulk: &s.bulk}}
	for _, r := range to {
		if r.Mailbox == 0 {
			return nil, fmt.Errorf("spool: a recipient without a mailbox key")
		}
		if err := s.MailboxRoom(r.Mailbox, e.Size); err != nil {
			return nil, err
		}
		d.heads += int64(len(r.Head))
	}
	if d.heads > s.inlineLimit()/2 {
		return nil, fmt.Errorf("spool: heads of %d bytes are too long", d.heads)
	}
	return d, nil
}

// inlineLimit is maxInline, less where slots are small.
func (s *Spool) inlineLimit() int64 { return min(maxInline, s.format.slotSize/4) }

// Write takes the next bytes of the mail, in wire form.
func (d *Delivery) Write(p []byte) (int, error) {
	if d.err == nil && d.size+int64(len(p)) > 2*d.spool.opt.MaxMessage+maxInline {
		d.err = ErrTooLarge
	}
	for rest := p; len(rest) > 0 && d.err == nil; {
		if len(d.buf) == cap(d.buf) && !d.grow() {
			d.err = d.spill()
			continue
		}
		n := min(len(rest), cap(d.buf)-len(d.buf))
		d.buf = append(d.buf, rest[:n]...)
		rest = rest[n:]
		d.size += int64(n)
	}
	if d.err != nil {
		return 0, d.err
	}
	return len(p), nil
}

// grow takes a larger stage if the mail may stay in memory.
func (d *Delivery) grow() bool {
	s := d.spool
	size := max(stageSizes[0], 4*cap(d.buf))
	size = int(min(int64(size), s.inlineLimit()-d.heads) &^ (flash.Page - 1))
	if size <= cap(d.buf) || len(d.large.extents) > 0 {
		return false
	}
	larger := s.staging.take(size)
	if larger == nil {
		return false
	}
	d.buf = larger.memory[:copy(larger.memory, d.buf):size]
	s.staging.giveBack(d.stage)
	d.stage = larger
	return true
}

// spill writes the buffer into a bulk slot and empties it.
func (d *Delivery) spill() error {
	s := d.spool
	s.mu.Lock()
	full := s.live+s.pending+int64(len(d.buf)) > s.opt.Capacity/100*fullPercent
	if !full {
		d.claimed += int64(len(d.buf))
		s.pending += int64(len(d.buf))
	}
	s.mu.Unlock()
	if full {
		return ErrFull
	}
	if err := d.large.write(d.buf); err != nil {
		return err
	}
	d.buf = d.buf[:0]
	return nil
}

// Commit makes the mail durable and visible, for all recipients: it returns nil after the flush. Whatever
// else it returns, the mail was not accepted. A small mail takes a share of one flush; one with extents a flush for each bulk slot before.
func (d *Delivery) Commit(_ context.Context, shape Shape) error {
	defer d.Abort()
	if d.ended {
		return ErrClosed
	}
	if d.err == nil && len(d.large.extents) > 0 {
		d.err = d.finishBulk()
	}
	if d.err != nil {
		return d.err
	}
	if shape.Octets > d.spool.opt.MaxMessage || shape.Octets < 0 {
		return ErrTooLarge
	}
	if shape.Header < 0 || shape.Header > d.size || d.size < 3 {
		return fmt.Errorf("spool: a header of %d bytes in a mail of %d", shape.Header, d.size)
	}
	now := d.envelope.Received
	if now.IsZero() {
		now = d.spool.opt.Now()
	}
	return d.spool.commit(&intake{
		message: message{
			received: now.Unix(),
			from:     d.envelope.From,
			uid:      d.envelope.UID,
			octets:   uint32(shape.Octets),
			header:   uint32(shape.Header),
			extents:  d.large.extents,
		},
		to:    d.to,
		body:  d.buf,
		stays: d.spool.stays(d.to),
	})
}

// finishBulk brings the rest of the mail into its extents and makes them durable.
func (d *Delivery) finishBulk() error {
	if len(d.buf) > 0 {
		if err := d.spill(); err != nil {
			return err
		}
	}
	return d.large.sync()
}

// Abort forgets the mail, unless it was committed; then it only gives back the memory.
func (d *Delivery) Abort() {
	if d.ended {
		return
	}
	d.ended = true
	s := d.spool
	s.staging.giveBack(d.stage)
	d.stage, d.buf = nil, nil
	d.large.end()
	s.mu.Lock()
	s.pending -= d.claimed
	s.mu.Unlock()
}
