package spool

import (
	"context"
	"fmt"
	"time"

	"pillarbox/spool/commit"
	"pillarbox/spool/flash"
	"pillarbox/spool/format"
	"pillarbox/spool/index"
)

// An Envelope is what is kept of a mail beside its bytes.
type Envelope struct {
	From     string    // reverse-path, at most 1024 bytes
	UID      string    // of another store, at most 70 bytes, for one recipient; "" computes one
	Size     int64     // octets as announced, to refuse early; 0 when not known
	Received time.Time // zero: now
	Remote   RemoteID  // how the provider calls it that it was fetched from, for one recipient
	Judged   bool      // the caller has judged the room, and makes it before Commit: Begin does not
}

// A Shape is what the caller measured of the mail that it wrote, heads not included.
type Shape struct {
	Octets int64 // as POP3 lists it: CRLF counted, byte-stuffing and the closing ".CRLF" not
	Header int64 // stored bytes that are the header, its blank line included
}

// A Delivery takes one message. It is used by one goroutine and holds at most commit.MaxInline
// bytes of it.
type Delivery struct {
	spool    *Spool
	envelope Envelope
	to       []Recipient
	heads    int64 // bytes of all heads

	stage    *commit.Stage
	buf      []byte         // in the stage; what is not yet in an extent
	size     int64          // bytes written so far
	large    commit.Extents // what is in extents
	claimed  int64          // bytes of the slots
	reserved int64          // bytes of the index
	err      error          // after which only Abort follows
	ended    bool
}

// Begin starts a delivery. ErrTooLarge, ErrFull and ErrMailboxFull say that there is no room for
// the announced size.
func (s *Spool) Begin(_ context.Context, e Envelope, to []Recipient) (*Delivery, error) {
	if s.log.Closed() {
		return nil, ErrClosed
	}
	if s.opt.ReadOnly {
		return nil, ErrReadOnly
	}
	if len(to) == 0 || len(to) > format.MaxRecipients || len(e.From) > format.MaxFrom {
		return nil, fmt.Errorf("spool: a mail has 1…%d recipients and a reverse-path of at most %d bytes", format.MaxRecipients, format.MaxFrom)
	}
	if e.Remote.Account != 0 && len(to) > 1 {
		return nil, fmt.Errorf("spool: a remote id is for one recipient")
	}
	if len(e.UID) > format.MaxUID || e.UID != "" && len(to) > 1 {
		return nil, fmt.Errorf("spool: a unique-id of at most %d bytes is for one recipient", format.MaxUID)
	}
	if err := s.Room(e.Size); err != nil && !e.Judged {
		return nil, err
	}
	d := &Delivery{spool: s, envelope: e, to: to, large: s.log.Extents()}
	for _, r := range to {
		if r.Mailbox == 0 {
			return nil, fmt.Errorf("spool: a recipient without a mailbox key")
		}
		if err := s.MailboxRoom(r.Mailbox, e.Size); err != nil && !e.Judged {
			return nil, err
		}
		d.heads += int64(len(r.Head))
	}
	if d.heads > commit.InlineLimit(s.format)/2 {
		return nil, fmt.Errorf("spool: heads of %d bytes are too long", d.heads)
	}
	if err := d.reserve(); err != nil {
		return nil, err
	}
	return d, nil
}

// reserve takes the memory that the delivery will need in the index, for all of its recipients.
// Abort gives it back, and so does Commit, because the index has counted the entries then.
func (d *Delivery) reserve() error {
	bytes := index.EntryBytes * int64(len(d.to))
	if len(d.to) > 1 {
		bytes += index.RecordBytes
	}
	if d.envelope.Remote.Account != 0 {
		bytes += format.RemoteIDLength
	}
	if uid := d.envelope.UID; uid != "" {
		bytes += index.UIDBytes + int64(len(uid))
	}
	if !d.spool.index.Reserve(bytes) {
		return crowded{}
	}
	d.reserved = bytes
	return nil
}

// AvailableBuffer returns an empty buffer with some capacity, as that of a bufio.Writer does: what
// is appended to it and passed to the next Write is not copied, because it is where the mail is
// kept already. It is valid until the next call of a method, and nil after an error, which Write
// returns.
func (d *Delivery) AvailableBuffer() []byte {
	if d.ended || d.err != nil {
		return nil
	}
	if len(d.buf) == cap(d.buf) && !d.grow() {
		if d.err = d.spill(); d.err != nil {
			return nil
		}
	}
	return d.buf[len(d.buf):]
}

// Write takes the next bytes of the mail, in wire form. After Commit or Abort it returns ErrClosed.
func (d *Delivery) Write(p []byte) (int, error) {
	if d.ended {
		return 0, ErrClosed
	}
	if d.err == nil && d.size+int64(len(p)) > 2*d.spool.opt.MaxMessage+commit.MaxInline {
		d.err = ErrTooLarge
	}
	for rest := p; len(rest) > 0 && d.err == nil; {
		if len(d.buf) == cap(d.buf) && !d.grow() {
			d.err = d.spill()
			continue
		}
		room := d.buf[len(d.buf):cap(d.buf)]
		n := min(len(room), len(rest))
		if &room[0] != &rest[0] { // not from AvailableBuffer
			copy(room, rest[:n])
		}
		d.buf = d.buf[:len(d.buf)+n]
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
	size := max(commit.MinStage, 4*cap(d.buf))
	size = int(min(int64(size), commit.InlineLimit(s.format)-d.heads) &^ (flash.Page - 1))
	if size <= cap(d.buf) || len(d.large.List) > 0 {
		return false
	}
	larger := s.log.Staging().Take(size)
	if larger == nil {
		return false
	}
	d.buf = larger.Memory[:copy(larger.Memory, d.buf):size]
	s.log.Staging().GiveBack(d.stage)
	d.stage = larger
	return true
}

// spill writes the buffer into a bulk slot and empties it.
func (d *Delivery) spill() error {
	if err := d.spool.table.Claim(int64(len(d.buf))); err != nil {
		return err
	}
	d.claimed += int64(len(d.buf))
	if err := d.large.Write(d.buf); err != nil {
		return err
	}
	d.buf = d.buf[:0]
	return nil
}

// Fingerprint sets the fingerprint of the remote id, which is known when the header was written. It
// must be called before Commit.
func (d *Delivery) Fingerprint(sum [12]byte) { d.envelope.Remote.Fingerprint = sum }

// Commit makes the mail durable and visible, for all recipients: it returns nil after the flush.
// Whatever else it returns, the mail was not accepted. A small mail takes a share of one flush; one
// with extents a flush for each bulk slot before.
func (d *Delivery) Commit(_ context.Context, shape Shape) error {
	defer d.Abort()
	in, err := d.intake(shape)
	if err != nil {
		return err
	}
	in.Stays = d.spool.stays(d.to)
	return d.spool.log.Commit(commit.WithNote([]commit.Change{in})...)
}

// intake returns what Commit writes to the log. Extents are durable then.
func (d *Delivery) intake(shape Shape) (*commit.Intake, error) {
	if d.ended {
		return nil, ErrClosed
	}
	if d.err == nil && len(d.large.List) > 0 {
		d.err = d.finishBulk()
	}
	if d.err != nil {
		return nil, d.err
	}
	if shape.Octets > d.spool.opt.MaxMessage || shape.Octets < 0 {
		return nil, ErrTooLarge
	}
	if shape.Header < 0 || shape.Header > d.size || d.size < 3 {
		return nil, fmt.Errorf("spool: a header of %d bytes in a mail of %d", shape.Header, d.size)
	}
	now := d.envelope.Received
	if now.IsZero() {
		now = d.spool.opt.Now()
	}
	return &commit.Intake{
		Message: format.Message{
			Received: now.Unix(),
			From:     d.envelope.From,
			UID:      d.envelope.UID,
			Octets:   uint32(shape.Octets),
			Header:   uint32(shape.Header),
			Extents:  d.large.List,
		},
		To:     d.to,
		Body:   d.buf,
		Remote: commit.Remote(d.envelope.Remote),
	}, nil
}

// finishBulk brings the rest of the mail into its extents and makes them durable.
func (d *Delivery) finishBulk() error {
	if len(d.buf) > 0 {
		if err := d.spill(); err != nil {
			return err
		}
	}
	return d.large.Sync()
}

// Abort forgets the mail, unless it was committed; then it only gives back the memory.
func (d *Delivery) Abort() {
	if d.ended {
		return
	}
	d.ended = true
	s := d.spool
	s.log.Staging().GiveBack(d.stage)
	d.stage, d.buf = nil, nil
	d.large.End()
	s.table.Unclaim(d.claimed)
	s.index.Unreserve(d.reserved)
}
