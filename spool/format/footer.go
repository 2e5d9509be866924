package format

import (
	"encoding/binary"
	"hash/crc32"
	"slices"

	"pillarbox/spool/flash"

	"github.com/tinylib/msgp/msgp"
)

// A Summary is what the index needs of a message record. Its recipients and its unique-id are valid
// as long as the call of a Visitor.
type Summary struct {
	Offset     int64 // of the record in its slot, a multiple of 8
	Tag        uint64
	First      Identity
	Octets     uint32 // of the body, without heads
	Day        uint16 // on which it came
	Recipients []Recipient
	UID        []byte // from another store; empty for a computed one
	Extents    []Extent
}

// Of returns the identity of the message of a recipient.
func (s *Summary) Of(recipient int) Identity {
	return Identity{Epoch: s.First.Epoch, Seq: s.First.Seq + uint32(recipient)}
}

func (m *Message) Summary(offset int64) Summary {
	s := Summary{offset, m.Tag, m.First, m.Octets, DayOf(m.Received), m.Recipients, nil, m.Extents}
	if m.UID != "" {
		s.UID = []byte(m.UID)
	}
	return s
}

// A Visitor receives the contents of a segment in the order of the log. The segments of a manifest
// are valid as long as the call.
type Visitor interface {
	Message(Summary)
	Tombstones(TombstoneSet)
	Retired(SegmentRef)
	Manifest(Manifest)
	Labels(LabelSet)
	Remotes(RemoteSet)
}

// A Footer summarizes the records of a segment, so that a start need not read them. It is written
// when the segment is sealed. It takes about 15 bytes per message, on flash as in memory.
type Footer struct {
	Sealing
	manifest Manifest
	Epochs   positions[EpochTag]
	keys     positions[Key]
	last     Summary // the previous message: the next one is stored as the difference

	Messages, TombstoneBytes, retires, labels, remotes    []byte // msgp values, one after the other
	nMessages, nTombstones, nRetirings, nLabels, nRemotes uint32
}

// A Sealing is what a footer states about its segment, besides the contents.
type Sealing struct {
	End      uint32 // page after the last batch
	Epoch    uint32 // the latest one named: that of the open that sealed it
	Lifetime Lifetime
}

// An EpochTag is an open: its number and its tag.
type EpochTag struct {
	Epoch uint32
	Tag   uint64
}

// Positions numbers values in the order of their first use.
type positions[T comparable] struct {
	values []T
	of     map[T]uint32
}

func (p *positions[T]) Position(v T) uint32 {
	i, known := p.of[v]
	if !known {
		if p.of == nil {
			p.of = make(map[T]uint32)
		}
		i = uint32(len(p.values))
		p.values = append(p.values, v)
		p.of[v] = i
	}
	return i
}

func NewFooter() *Footer { return new(Footer) }

// Fields of a message in a footer, without and with those that few messages have.
const (
	plainFields = 6
	allFields   = 8
)

func (f *Footer) Message(s Summary) {
	fields := uint32(plainFields)
	if len(s.UID) > 0 || len(s.Extents) > 0 {
		fields = allFields
	}
	b := msgp.AppendArrayHeader(f.Messages, fields)
	b = msgp.AppendInt64(b, (s.Offset-f.last.Offset)/8)
	b = msgp.AppendUint32(b, f.Epochs.Position(EpochTag{s.First.Epoch, s.Tag}))
	b = msgp.AppendInt64(b, int64(s.First.Seq)-int64(f.last.First.Seq))
	b = msgp.AppendInt64(b, int64(s.Day)-int64(f.last.Day))
	b = msgp.AppendUint32(b, s.Octets)
	b = msgp.AppendArrayHeader(b, uint32(2*len(s.Recipients)))
	for _, r := range s.Recipients {
		b = msgp.AppendUint32(b, f.keys.Position(r.Key))
		b = msgp.AppendUint32(b, r.Head)
	}
	if fields == allFields {
		b = msgp.AppendStringFromBytes(b, s.UID)
		b = appendExtents(b, s.Extents)
	}
	f.Messages = b
	f.nMessages++
	f.last = Summary{Offset: s.Offset, First: s.First, Day: s.Day}
}

func (f *Footer) Tombstones(g TombstoneSet) {
	f.TombstoneBytes = appendTombstoneSet(f.TombstoneBytes, &g)
	f.nTombstones++
}

func (f *Footer) Retired(r SegmentRef) {
	f.retires = appendSegmentRef(f.retires, r)
	f.nRetirings++
}

func (f *Footer) Manifest(c Manifest) {
	f.manifest = Manifest{c.UpTo, slices.Clone(c.Segments)}
}

func (f *Footer) Labels(l LabelSet) {
	f.labels = appendLabelSet(f.labels, &l)
	f.nLabels++
}

// Remotes adds ids of messages at providers. A footer with some has one field more, which only
// version 2 has.
func (f *Footer) Remotes(g RemoteSet) {
	f.remotes = appendRemoteSet(f.remotes, &g)
	f.nRemotes++
}

// Fields of a footer, in version 1 and with remote ids.
const (
	footerFields = 9
	remoteFields = 10
)

// Size returns an upper bound of the bytes that the footer takes in the slot, including the trailer
// and the epoch of the open that seals the segment.
func (f *Footer) Size() int64 {
	return int64(len(f.Messages)+len(f.TombstoneBytes)+len(f.retires)+len(f.labels)+len(f.remotes)) +
		int64(14*len(f.Epochs.values)+14+9*len(f.keys.values)+14*len(f.manifest.Segments)) + FrameSize + 128 + TrailerSize
}

func (f *Footer) Encode() []byte {
	fields := uint32(footerFields)
	if f.nRemotes > 0 {
		fields = remoteFields
	}
	b := msgp.AppendArrayHeader(make([]byte, 0, f.Size()), fields)
	b = msgp.AppendUint32(b, f.End)
	b = f.Lifetime.append(b)
	b = msgp.AppendArrayHeader(b, uint32(2*len(f.Epochs.values)))
	for _, e := range f.Epochs.values {
		b = msgp.AppendUint32(b, e.Epoch)
		b = msgp.AppendUint64(b, e.Tag)
	}
	b = msgp.AppendArrayHeader(b, uint32(len(f.keys.values)))
	for _, k := range f.keys.values {
		b = msgp.AppendUint64(b, uint64(k))
	}
	b = append(msgp.AppendArrayHeader(b, f.nMessages), f.Messages...)
	b = append(msgp.AppendArrayHeader(b, f.nTombstones), f.TombstoneBytes...)
	b = append(msgp.AppendArrayHeader(b, 2*f.nRetirings), f.retires...)
	b = f.manifest.Append(b)
	b = append(msgp.AppendArrayHeader(b, f.nLabels), f.labels...)
	if fields == footerFields {
		return b
	}
	return append(msgp.AppendArrayHeader(b, f.nRemotes), f.remotes...)
}

// Seal returns the last pages of a sealed slot: padding, the footer's record, the trailer. Its
// length is a multiple of the page.
func (f *Footer) Seal(segment, tag uint64, seed uint32) []byte {
	record := AppendHead(nil, kindFooter, tag, seed, f.Encode(), 0)
	pages := flash.Aligned(int(PagesOf(int64(len(record)+TrailerSize))) * flash.Page)
	begin := len(pages) - TrailerSize - len(record)
	copy(pages[begin:], record)
	t := pages[len(pages)-TrailerSize:]
	le := binary.LittleEndian
	copy(t, TrailerMagic)
	le.PutUint32(t[12:], uint32(len(record)))
	le.PutUint64(t[16:], segment)
	le.PutUint32(t[8:], crc32.Update(seed, Castagnoli, t[12:]))
	return pages
}
