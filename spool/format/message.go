package format

import (
	"encoding/base32"
	"encoding/binary"
	"slices"

	"github.com/tinylib/msgp/msgp"

	"pillarbox/spool/flash"
)

// A Key identifies a mailbox. It is drawn at random when the account is created, so that an account
// that is removed and created again under the same name sees nothing of the old one. 0 is no
// mailbox.
type Key uint64

// An Identity is the permanent name of a message: the open that accepted it and its number there.
// It is independent of the message's location. 8 bytes.
type Identity struct {
	Epoch uint32 // the open, whose tag makes the identity unique beyond this copy of the spool
	Seq   uint32
}

func (a Identity) Compare(b Identity) int {
	switch {
	case a.Epoch < b.Epoch, a.Epoch == b.Epoch && a.Seq < b.Seq:
		return -1
	case a == b:
		return 0
	}
	return 1
}

// uidEncoding is the encoding of unique-ids: lower-case letters and digits only, because some
// clients use them as file names.
var uidEncoding = base32.NewEncoding("abcdefghijklmnopqrstuvwxyz234567").WithPadding(base32.NoPadding)

// AppendUID appends the unique-id of a message: its open's tag and its number there.
func AppendUID(dst []byte, tag uint64, seq uint32) []byte {
	var raw [12]byte
	binary.BigEndian.PutUint64(raw[:], tag)
	binary.BigEndian.PutUint32(raw[8:], seq)
	return uidEncoding.AppendEncode(dst, raw[:])
}

// Limits of a message record.
const (
	MaxRecipients = 1024
	MaxUID        = 70
	MaxFrom       = 1024
)

// A Recipient is one mailbox that a message is for. Its identity is the first one of the record
// plus its position. Its head precedes the body, after the heads of the recipients before it.
type Recipient struct {
	Key  Key    // 0 if it was expunged before the record was moved
	Head uint32 // bytes that only this recipient's copy begins with
}

// An Extent is a run of body bytes in a bulk segment.
type Extent struct {
	Slot    uint32
	Segment uint64 // in which they were written
	Page    uint32 // where they begin
	Length  uint32 // bytes
	Sum     uint32 // their checksum, seeded with the segment
}

func (e Extent) Pages() uint32 { return PagesOf(int64(e.Length)) }

// Bytes returns how many bytes the extent takes in its slot.
func (e Extent) Bytes() int64 { return int64(e.Pages()) * flash.Page }

// A Message is the meta of a message record (KindMessage, KindMoved): everything but the bytes of
// the message.
type Message struct {
	Tag        uint64   // of the open that accepted it
	First      Identity // of the first recipient
	Received   int64    // seconds since 1970 by the machine's clock, which may have been wrong
	From       string   // reverse-path
	Octets     uint32   // of the body as listed, without heads
	Header     uint32   // stored bytes of the body that are its header, blank line included
	Sum        uint32   // checksum of the record's body: heads, and the mail unless it has extents
	Recipients []Recipient
	UID        string // unique-id from another store; "" for a computed one
	Extents    []Extent
}

func (m *Message) Encode(b []byte) []byte {
	b = msgp.AppendArrayHeader(b, 11)
	b = msgp.AppendUint64(b, m.Tag)
	b = msgp.AppendUint32(b, m.First.Epoch)
	b = msgp.AppendUint32(b, m.First.Seq)
	b = msgp.AppendInt64(b, m.Received)
	b = msgp.AppendString(b, m.From)
	b = msgp.AppendUint32(b, m.Octets)
	b = msgp.AppendUint32(b, m.Header)
	b = msgp.AppendUint32(b, m.Sum)
	b = msgp.AppendArrayHeader(b, uint32(2*len(m.Recipients)))
	for _, r := range m.Recipients {
		b = msgp.AppendUint64(b, uint64(r.Key))
		b = msgp.AppendUint32(b, r.Head)
	}
	b = msgp.AppendString(b, m.UID)
	return appendExtents(b, m.Extents)
}

// DecodeMessage decodes the meta of a message record.
func DecodeMessage(meta []byte) (m Message, err error) {
	if err := m.decode(reader{rest: meta}); err != nil {
		return Message{}, err
	}
	return m, nil
}

// DecodePlace is DecodeMessage without strings, which it checks only. It uses the memory of
// m.Recipients, so that a message for few recipients needs none of its own.
func (m *Message) DecodePlace(meta []byte) error {
	return m.decode(reader{rest: meta, blank: true})
}

func (m *Message) decode(r reader) error {
	if r.array() != 11 {
		return ErrUnreadable
	}
	*m = Message{
		Tag:        r.uint64(),
		First:      Identity{r.uint32(), r.uint32()},
		Received:   r.int64(),
		From:       r.text(MaxFrom),
		Octets:     r.uint32(),
		Header:     r.uint32(),
		Sum:        r.uint32(),
		Recipients: m.Recipients[:0],
	}
	n := r.array()
	if n%2 != 0 || n/2 > MaxRecipients {
		return ErrUnreadable
	}
	m.Recipients = slices.Grow(m.Recipients, n/2)[:n/2]
	for i := range m.Recipients {
		m.Recipients[i] = Recipient{Key(r.uint64()), r.uint32()}
	}
	m.UID = r.text(MaxUID)
	m.Extents = r.extents()
	if err := r.end(); err != nil {
		return err
	}
	if len(m.Recipients) == 0 || uint64(m.First.Seq)+uint64(len(m.Recipients)) > 1<<32 {
		return ErrUnreadable
	}
	return nil
}

func appendExtents(b []byte, extents []Extent) []byte {
	b = msgp.AppendArrayHeader(b, uint32(5*len(extents)))
	for _, e := range extents {
		b = msgp.AppendUint32(b, e.Slot)
		b = msgp.AppendUint64(b, e.Segment)
		b = msgp.AppendUint32(b, e.Page)
		b = msgp.AppendUint32(b, e.Length)
		b = msgp.AppendUint32(b, e.Sum)
	}
	return b
}

func (r *reader) extents() []Extent {
	n := r.array()
	if n == 0 {
		return nil
	}
	if n%5 != 0 {
		r.err = ErrUnreadable
		return nil
	}
	extents := make([]Extent, n/5)
	for i := range extents {
		extents[i] = Extent{r.uint32(), r.uint64(), r.uint32(), r.uint32(), r.uint32()}
	}
	return extents
}

// Heads returns how many bytes of the record's body precede the mail itself.
func (m *Message) Heads() int64 {
	var n int64
	for _, r := range m.Recipients {
		n += int64(r.Head)
	}
	return n
}

// DayOf returns the day of a time in seconds since 1970: 0…65535.
func DayOf(seconds int64) uint16 { return uint16(min(max(seconds/86400, 0), 1<<16-1)) }
