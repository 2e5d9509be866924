package spool

import (
	"encoding/base32"
	"encoding/binary"

	"pillarbox/spool/flash"
	"pillarbox/spool/msgp"
)

// A Key names a mailbox: drawn at random when the account is made, so that a removed and re-created
// account of the same name sees nothing of the old one. 0 is no mailbox.
type Key uint64

// An identity is what a message is called for ever: the open that took it and its number
// there. It says nothing of where the message lies. 8 bytes.
type identity struct {
	epoch uint32 // the open, whose tag makes the identity unique beyond this copy of the spool
	seq   uint32
}

func (a identity) compare(b identity) int {
	switch {
	case a.epoch < b.epoch, a.epoch == b.epoch && a.seq < b.seq:
		return -1
	case a == b:
		return 0
	}
	return 1
}

// uidEncoding writes unique-ids: lower case letters and digits only, for the eyes and for clients that keep
// them in file names.
var uidEncoding = base32.NewEncoding("abcdefghijklmnopqrstuvwxyz234567").WithPadding(base32.NoPadding)

// appendUID appends the unique-id of a message: its open's tag and its number there.
func appendUID(dst []byte, tag uint64, seq uint32) []byte {
	var raw [12]byte
	binary.BigEndian.PutUint64(raw[:], tag)
	binary.BigEndian.PutUint32(raw[8:], seq)
	return uidEncoding.AppendEncode(dst, raw[:])
}

// Limits of what one message record may name.
const (
	maxRecipients = 1024
	maxUID        = 70
	maxFrom       = 1024
)

// A recipient is one mailbox that a message is for. Its identity is the first one of the record plus
// its position; its head lies before the body, after the heads of those before it.
type recipient struct {
	key  Key    // 0: it was expunged before the record was moved
	head uint32 // bytes of its own beginning of the mail
}

// An extent is a run of body bytes in a bulk segment.
type extent struct {
	slot    uint32
	segment uint64 // the life of the slot in which they were written
	page    uint32 // where they begin
	length  uint32 // bytes
	sum     uint32 // checksum of them, seeded with the segment
}

func (e extent) pages() uint32 { return pagesOf(int64(e.length)) }

// bytes returns what it takes of its slot.
func (e extent) bytes() int64 { return int64(e.pages()) * flash.Page }

// A message is the meta of a message record (kindMessage, kindMoved): all that is known of a mail beside
// its bytes.
type message struct {
	tag        uint64   // of the open that took it
	first      identity // of the first recipient
	received   int64    // seconds since 1970 by the clock of the box, which may have been wrong
	from       string   // reverse-path
	octets     uint32   // of the body as listed, without heads
	header     uint32   // stored bytes of the body that are its header, blank line included
	sum        uint32   // checksum of the body in this record: heads, and the mail unless it has extents
	recipients []recipient
	uid        string // unique-id that it had in another store; "" for a computed one
	extents    []extent
}

func (m *message) encode(b []byte) []byte {
	b = msgp.AppendArrayHeader(b, 11)
	b = msgp.AppendUint64(b, m.tag)
	b = msgp.AppendUint32(b, m.first.epoch)
	b = msgp.AppendUint32(b, m.first.seq)
	b = msgp.AppendInt64(b, m.received)
	b = msgp.AppendString(b, m.from)
	b = msgp.AppendUint32(b, m.octets)
	b = msgp.AppendUint32(b, m.header)
	b = msgp.AppendUint32(b, m.sum)
	b = msgp.AppendArrayHeader(b, uint32(2*len(m.recipients)))
	for _, r := range m.recipients {
		b = msgp.AppendUint64(b, uint64(r.key))
		b = msgp.AppendUint32(b, r.head)
	}
	b = msgp.AppendString(b, m.uid)
	return appendExtents(b, m.extents)
}

func decodeMessage(meta []byte) (message, error) {
	r := reader{rest: meta}
	if r.array() != 11 {
		return message{}, errUnreadable
	}
	m := message{
		tag:      r.uint64(),
		first:    identity{r.uint32(), r.uint32()},
		received: r.int64(),
		from:     r.text(maxFrom),
		octets:   r.uint32(),
		header:   r.uint32(),
		sum:      r.uint32(),
	}
	n := r.array()
	if n%2 != 0 || n/2 > maxRecipients {
		return message{}, errUnreadable
	}
	m.recipients = make([]recipient, n/2)
	for i := range m.recipients {
		m.recipients[i] = recipient{Key(r.uint64()), r.uint32()}
	}
	m.uid = r.text(maxUID)
	m.extents = r.extents()
	if err := r.end(); err != nil {
		return message{}, err
	}
	if len(m.recipients) == 0 || uint64(m.first.seq)+uint64(len(m.recipients)) > 1<<32 {
		return message{}, errUnreadable
	}
	return m, nil
}

func appendExtents(b []byte, extents []extent) []byte {
	b = msgp.AppendArrayHeader(b, uint32(5*len(extents)))
	for _, e := range extents {
		b = msgp.AppendUint32(b, e.slot)
		b = msgp.AppendUint64(b, e.segment)
		b = msgp.AppendUint32(b, e.page)
		b = msgp.AppendUint32(b, e.length)
		b = msgp.AppendUint32(b, e.sum)
	}
	return b
}

func (r *reader) extents() []extent {
	n := r.array()
	if n == 0 {
		return nil
	}
	if n%5 != 0 {
		r.err = errUnreadable
		return nil
	}
	extents := make([]extent, n/5)
	for i := range extents {
		extents[i] = extent{r.uint32(), r.uint64(), r.uint32(), r.uint32(), r.uint32()}
	}
	return extents
}

// heads returns how many bytes of the record's body come before the mail itself.
func (m *message) heads() int64 {
	var n int64
	for _, r := range m.recipients {
		n += int64(r.head)
	}
	return n
}
