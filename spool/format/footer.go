package format

import (
	"encoding/binary"
	"hash/crc32"
	"slices"

	"pillarbox/spool/flash"

	"github.com/tinylib/msgp/msgp"
)

// A Summary is what the index needs of a message record.
type Summary struct {
	Offset     int64 // of the record in its slot, a multiple of 8
	Tag        uint64
	First      Identity
	Octets     uint32 // of the body, without heads
	Day        uint16 // on which it came
	Recipients []Recipient
	UID        string
	Extents    []Extent
}

func (m *Message) Summary(offset int64) Summary {
	return Summary{offset, m.Tag, m.First, m.Octets, DayOf(m.Received), m.Recipients, m.UID, m.Extents}
}

// A Visitor receives the contents of a segment in the order of the log. The recipients of a summary
// are valid until the call returns.
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
	if s.UID != "" || len(s.Extents) > 0 {
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
		b = msgp.AppendString(b, s.UID)
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

func (f *Footer) Manifest(c Manifest) { f.manifest = c }

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

// DecodeFooter calls v with the contents of a footer. If v is nil, it only checks that the footer
// decodes.
func DecodeFooter(meta []byte, v Visitor) (seal Sealing, err error) {
	r := reader{rest: meta}
	fields := r.array()
	if fields != footerFields && fields != remoteFields {
		return seal, ErrUnreadable
	}
	seal.End, seal.Lifetime = r.uint32(), r.lifetime()
	epochs := make([]EpochTag, r.pairs())
	for i := range epochs {
		epochs[i] = EpochTag{r.uint32(), r.uint64()}
		seal.Epoch = max(seal.Epoch, epochs[i].Epoch)
	}
	keys := make([]Key, r.array())
	for i := range keys {
		keys[i] = Key(r.uint64())
	}
	var s Summary
	r.blank = v == nil
	for range r.array() {
		s = r.summary(&s, epochs, keys)
		if r.err != nil {
			return seal, r.err
		}
		if v != nil {
			v.Message(s)
		}
	}
	r.blank = false
	for _, g := range r.tombstoneSets() {
		if v != nil && r.err == nil {
			v.Tombstones(g)
		}
	}
	for _, t := range r.segmentRefs() {
		if v != nil && r.err == nil {
			v.Retired(t)
		}
	}
	if c := r.manifest(); v != nil && r.err == nil {
		v.Manifest(c)
	}
	for _, l := range r.labelSets() {
		if v != nil && r.err == nil {
			v.Labels(l)
		}
	}
	if fields == remoteFields {
		for _, g := range r.remoteSets() {
			if v != nil && r.err == nil {
				v.Remotes(g)
			}
		}
	}
	return seal, r.end()
}

// summary reads a message of a footer, which is stored as the difference from the previous one.
func (r *reader) summary(last *Summary, epochs []EpochTag, keys []Key) Summary {
	fields := r.array()
	offset := last.Offset + 8*r.difference()
	epoch := r.position(len(epochs))
	seq := int64(last.First.Seq) + r.difference()
	day := int64(last.Day) + r.difference()
	octets := r.uint32()
	n := r.array()
	if fields != plainFields && fields != allFields || offset < 0 || offset > MaxSlotSize || seq < 0 || seq > 1<<32-1 ||
		day < 0 || day > 1<<16-1 || n == 0 || n%2 != 0 || n/2 > MaxRecipients {
		r.err = ErrUnreadable
	}
	if r.err != nil {
		return Summary{}
	}
	s := Summary{Offset: offset, Tag: epochs[epoch].Tag, First: Identity{epochs[epoch].Epoch, uint32(seq)}, Octets: octets, Day: uint16(day)}
	s.Recipients = slices.Grow(last.Recipients[:0], n/2)[:n/2]
	for i := range s.Recipients {
		key := r.position(len(keys))
		if r.err != nil {
			return Summary{}
		}
		s.Recipients[i] = Recipient{keys[key], r.uint32()}
	}
	if fields == allFields {
		s.UID = r.text(MaxUID)
		s.Extents = r.extents()
	}
	return s
}

// difference reads an integer that is added to a number of 32 bits.
func (r *reader) difference() int64 {
	v := r.int64()
	if v < -1<<32 || v > 1<<32 {
		r.err = ErrUnreadable
	}
	return v
}

// position reads an index into a list of n values.
func (r *reader) position(n int) uint32 {
	v := r.uint32()
	if int64(v) >= int64(n) {
		r.err = ErrUnreadable
	}
	return v
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
