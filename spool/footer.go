package spool

import (
	"encoding/binary"
	"hash/crc32"
	"maps"
	"slices"

	"github.com/tinylib/msgp/msgp"

	"pillarbox/spool/flash"
)

// A summary is what the index needs of a message record.
type summary struct {
	offset     int64 // of the record in its slot, a multiple of 8
	tag        uint64
	first      identity
	octets     uint32 // of the body, without heads
	recipients []recipient
	uid        string
	extents    []extent
}

func (m *message) summary(offset int64) summary {
	return summary{offset, m.tag, m.first, m.octets, m.recipients, m.uid, m.extents}
}

// A visitor is told what a segment holds, in the order of the log.
type visitor interface {
	message(summary)
	grave(grave)
	retired(retired)
	census(census)
}

// A footer gathers what the records of a segment tell, so that a start need not read them. It is written
// when the segment is sealed. It takes about 20 bytes a message, the same on flash and in memory.
type footer struct {
	sealing
	counted  census
	epochs   map[uint32]uint64
	keys     []Key
	position map[Key]int // in keys

	messages, graves, retires      []byte // msgp values, one after the other
	nMessages, nGraves, nRetirings uint32
}

// A sealing is what is known when a segment is sealed, beside what is in it.
type sealing struct {
	end      uint32 // page after the last batch
	lifetime Lifetime
}

func newFooter() *footer {
	return &footer{epochs: make(map[uint32]uint64), position: make(map[Key]int)}
}

func (f *footer) message(s summary) {
	f.epochs[s.first.epoch] = s.tag
	b := msgp.AppendArrayHeader(f.messages, 7)
	b = msgp.AppendUint32(b, uint32(s.offset/8))
	b = msgp.AppendUint32(b, s.first.epoch)
	b = msgp.AppendUint32(b, s.first.seq)
	b = msgp.AppendUint32(b, s.octets)
	b = msgp.AppendArrayHeader(b, uint32(2*len(s.recipients)))
	for _, r := range s.recipients {
		b = msgp.AppendInt(b, f.keyPosition(r.key))
		b = msgp.AppendUint32(b, r.head)
	}
	b = msgp.AppendString(b, s.uid)
	f.messages = appendExtents(b, s.extents)
	f.nMessages++
}

func (f *footer) keyPosition(k Key) int {
	i, known := f.position[k]
	if !known {
		i = len(f.keys)
		f.keys = append(f.keys, k)
		f.position[k] = i
	}
	return i
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

// size bounds how many bytes the footer will take in the slot, trailer included.
func (f *footer) size() int64 {
	return int64(len(f.messages)+len(f.graves)+len(f.retires)) +
		int64(14*len(f.epochs)+9*len(f.keys)+14*len(f.counted.lives)) + frameSize + 128 + trailerSize
}

func (f *footer) encode() []byte {
	b := msgp.AppendArrayHeader(make([]byte, 0, f.size()), 8)
	b = msgp.AppendUint32(b, f.end)
	b = f.lifetime.append(b)
	b = msgp.AppendArrayHeader(b, uint32(2*len(f.epochs)))
	for _, number := range slices.Sorted(maps.Keys(f.epochs)) {
		b = msgp.AppendUint32(b, number)
		b = msgp.AppendUint64(b, f.epochs[number])
	}
	b = msgp.AppendArrayHeader(b, uint32(len(f.keys)))
	for _, k := range f.keys {
		b = msgp.AppendUint64(b, uint64(k))
	}
	b = append(msgp.AppendArrayHeader(b, f.nMessages), f.messages...)
	b = append(msgp.AppendArrayHeader(b, f.nGraves), f.graves...)
	b = append(msgp.AppendArrayHeader(b, 2*f.nRetirings), f.retires...)
	return f.counted.append(b)
}

// decodeFooter tells v what the footer holds. With a nil visitor it only checks that all of it reads.
func decodeFooter(meta []byte, v visitor) (seal sealing, err error) {
	r := reader{rest: meta}
	if r.array() != 8 {
		return seal, errUnreadable
	}
	seal.end, seal.lifetime = r.uint32(), r.lifetime()
	epochs := make(map[uint32]uint64)
	for range r.pairs() {
		number := r.uint32()
		epochs[number] = r.uint64()
	}
	keys := make([]Key, r.array())
	for i := range keys {
		keys[i] = Key(r.uint64())
	}
	for range r.array() {
		s := r.summary(epochs, keys)
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

func (r *reader) summary(epochs map[uint32]uint64, keys []Key) summary {
	if r.array() != 7 {
		r.err = errUnreadable
		return summary{}
	}
	s := summary{offset: 8 * int64(r.uint32()), first: identity{r.uint32(), r.uint32()}, octets: r.uint32()}
	tag, known := epochs[s.first.epoch]
	n := r.array()
	if !known || n == 0 || n%2 != 0 || n/2 > maxRecipients {
		r.err = errUnreadable
		return summary{}
	}
	s.tag = tag
	s.recipients = make([]recipient, n/2)
	for i := range s.recipients {
		k := r.uint32()
		if int64(k) >= int64(len(keys)) {
			r.err = errUnreadable
			return summary{}
		}
		s.recipients[i] = recipient{keys[k], r.uint32()}
	}
	s.uid = r.text(maxUID)
	s.extents = r.extents()
	return s
}

// The trailer is the last 32 bytes of a sealed slot: where its footer begins. The footer ends where the trailer begins, so
// that one read of the last page usually brings both.
const (
	trailerMagic = "PLRBEND\x00"
	trailerSize  = 32
)

// seal returns the last pages of a sealed slot: padding, the footer's record, the trailer. Its length is a
// multiple of the page.
func (f *footer) seal(segment, tag uint64, seed uint32) []byte {
	record := appendHead(nil, kindFooter, tag, seed, f.encode(), 0)
	pages := flash.Aligned(int(pagesOf(int64(len(record)+trailerSize))) * flash.Page)
	begin := len(pages) - trailerSize - len(record)
	copy(pages[begin:], record)
	t := pages[len(pages)-trailerSize:]
	le := binary.LittleEndian
	copy(t, trailerMagic)
	le.PutUint32(t[12:], uint32(len(record)))
	le.PutUint64(t[16:], segment)
	le.PutUint32(t[8:], crc32.Update(seed, castagnoli, t[12:]))
	return pages
}

// decodeTrailer returns how long the footer's record before it is.
func decodeTrailer(t []byte, segment uint64, seed uint32) (length int64, err error) {
	le := binary.LittleEndian
	if string(t[:8]) != trailerMagic || le.Uint64(t[16:]) != segment ||
		le.Uint32(t[8:]) != crc32.Update(seed, castagnoli, t[12:trailerSize]) {
		return 0, errUnreadable
	}
	return int64(le.Uint32(t[12:])), nil
}
