package spool

import "pillarbox/spool/msgp"

// A summary is what the index needs of a message record.
type summary struct {
	offset     int64 // of the record in its slot, a multiple of 8
	tag        uint64
	first      identity
	octets     uint32 // of the body, without heads
	day        uint16 // on which it came
	recipients []recipient
	uid        string
	extents    []extent
}

func (m *message) summary(offset int64) summary {
	return summary{offset, m.tag, m.first, m.octets, dayOf(m.received), m.recipients, m.uid, m.extents}
}

// A visitor is told what a segment holds, in the order of the log.
type visitor interface {
	message(summary)
	grave(grave)
	retired(retired)
	census(census)
	labelled(labelled)
}

// A footer gathers what the records of a segment tell, so that a start need not read them. It is written
// when the segment is sealed. It takes about 15 bytes a message, the same on flash and in memory.
type footer struct {
	sealing
	counted census
	epochs  positions[epochTag]
	keys    positions[Key]
	last    summary // the message before, from which the next one differs little

	messages, graves, retires, labels       []byte // msgp values, one after the other
	nMessages, nGraves, nRetirings, nLabels uint32
}

// A sealing is what is known when a segment is sealed, beside what is in it.
type sealing struct {
	end      uint32 // page after the last batch
	epoch    uint32 // the latest that is named: that of the open that sealed it
	lifetime Lifetime
}

// An epochTag is an open: its number and its tag.
type epochTag struct {
	epoch uint32
	tag   uint64
}

// Positions number values in the order in which they come.
type positions[T comparable] struct {
	values []T
	of     map[T]uint32
}

func (p *positions[T]) position(v T) uint32 {
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

func newFooter() *footer { return new(footer) }

// Fields of a message in a footer: without and with those that few have.
const (
	plainFields = 6
	allFields   = 8
)

func (f *footer) message(s summary) {
	fields := uint32(plainFields)
	if s.uid != "" || len(s.extents) > 0 {
		fields = allFields
	}
	b := msgp.AppendArrayHeader(f.messages, fields)
	b = msgp.AppendInt64(b, (s.offset-f.last.offset)/8)
	b = msgp.AppendUint32(b, f.epochs.position(epochTag{s.first.epoch, s.tag}))
	b = msgp.AppendInt64(b, int64(s.first.seq)-int64(f.last.first.seq))
	b = msgp.AppendInt64(b, int64(s.day)-int64(f.last.day))
	b = msgp.AppendUint32(b, s.octets)
	b = msgp.AppendArrayHeader(b, uint32(2*len(s.recipients)))
	for _, r := range s.recipients {
		b = msgp.AppendUint32(b, f.keys.position(r.key))
		b = msgp.AppendUint32(b, r.head)
	}
	if fields == allFields {
		b = msgp.AppendString(b, s.uid)
		b = appendExtents(b, s.extents)
	}
	f.messages = b
	f.nMessages++
	f.last = summary{offset: s.offset, first: s.first, day: s.day}
}

func (f *footer) grave(g grave) {
	f.graves = appendGrave(f.graves, &g)
	f.nGraves++
}

func (f *footer) retired(r retired) {
	f.retires = appendRetired(f.retires, r)
	f.nRetirings++
}

func (f *footer) census(c census) { f.counted = c }

func (f *footer) labelled(l labelled) {
	f.labels = appendLabelled(f.labels, &l)
	f.nLabels++
}

// size bounds how many bytes the footer will take in the slot, trailer and the epoch of the open that seals included.
func (f *footer) size() int64 {
	return int64(len(f.messages)+len(f.graves)+len(f.retires)+len(f.labels)) +
		int64(14*len(f.epochs.values)+14+9*len(f.keys.values)+14*len(f.counted.lives)) + frameSize + 128 + trailerSize
}

func (f *footer) encode() []byte {
	b := msgp.AppendArrayHeader(make([]byte, 0, f.size()), 9)
	b = msgp.AppendUint32(b, f.end)
	b = f.lifetime.append(b)
	b = msgp.AppendArrayHeader(b, uint32(2*len(f.epochs.values)))
	for _, e := range f.epochs.values {
		b = msgp.AppendUint32(b, e.epoch)
		b = msgp.AppendUint64(b, e.tag)
	}
	b = msgp.AppendArrayHeader(b, uint32(len(f.keys.values)))
	for _, k := range f.keys.values {
		b = msgp.AppendUint64(b, uint64(k))
	}
	b = append(msgp.AppendArrayHeader(b, f.nMessages), f.messages...)
	b = append(msgp.AppendArrayHeader(b, f.nGraves), f.graves...)
	b = append(msgp.AppendArrayHeader(b, 2*f.nRetirings), f.retires...)
	b = f.counted.append(b)
	return append(msgp.AppendArrayHeader(b, f.nLabels), f.labels...)
}

// decodeFooter tells v what the footer holds. With a nil visitor it only checks that all of it reads.
func decodeFooter(meta []byte, v visitor) (seal sealing, err error) {
	r := reader{rest: meta}
	if r.array() != 9 {
		return seal, errUnreadable
	}
	seal.end, seal.lifetime = r.uint32(), r.lifetime()
	epochs := make([]epochTag, r.pairs())
	for i := range epochs {
		epochs[i] = epochTag{r.uint32(), r.uint64()}
		seal.epoch = max(seal.epoch, epochs[i].epoch)
	}
	keys := make([]Key, r.array())
	for i := range keys {
		keys[i] = Key(r.uint64())
	}
	var s summary
	for range r.array() {
		s = r.summary(&s, epochs, keys)
		if r.err != nil {
			return seal, r.err
		}
		if v != nil {
			v.message(s)
		}
	}
	for _, g := range r.graves() {
		if v != nil && r.err == nil {
			v.grave(g)
		}
	}
	for _, t := range r.retired() {
		if v != nil && r.err == nil {
			v.retired(t)
		}
	}
	if c := r.census(); v != nil && r.err == nil {
		v.census(c)
	}
	for _, l := range r.labels() {
		if v != nil && r.err == nil {
			v.labelled(l)
		}
	}
	return seal, r.end()
}

// pairs is array for an array of pairs.
func (r *reader) pairs() int {
	n := r.array()
	if n%2 != 0 {
		r.err = errUnreadable
	}
	return n / 2
}

// summary reads a message of a footer, as it differs from the one before.
func (r *reader) summary(last *summary, epochs []epochTag, keys []Key) summary {
	fields := r.array()
	offset := last.offset + 8*r.difference()
	epoch := r.position(len(epochs))
	seq := int64(last.first.seq) + r.difference()
	day := int64(last.day) + r.difference()
	octets := r.uint32()
	n := r.array()
	if fields != plainFields && fields != allFields || offset < 0 || offset > MaxSlotSize || seq < 0 || seq > 1<<32-1 ||
		day < 0 || day > 1<<16-1 || n == 0 || n%2 != 0 || n/2 > maxRecipients {
		r.err = errUnreadable
	}
	if r.err != nil {
		return summary{}
	}
	s := summary{offset: offset, tag: epochs[epoch].tag, first: identity{epochs[epoch].epoch, uint32(seq)}, octets: octets, day: uint16(day)}
	s.recipients = make([]recipient, n/2)
	for i := range s.recipients {
		key := r.position(len(keys))
		if r.err != nil {
			return summary{}
		}
		s.recipients[i] = recipient{keys[key], r.uint32()}
	}
	if fields == allFields {
		s.uid = r.text(maxUID)
		s.extents = r.extents()
	}
	return s
}

// difference is int64 for a number that is added to one of 32 bits.
func (r *reader) difference() int64 {
	v := r.int64()
	if v < -1<<32 || v > 1<<32 {
		r.err = errUnreadable
	}
	return v
}

// position is uint32 for a place in a list of n.
func (r *reader) position(n int) uint32 {
	v := r.uint32()
	if int64(v) >= int64(n) {
		r.err = errUnreadable
	}
	return v
}
