package commit

import (
	"hash/crc32"
	"math"

	"pillarbox/spool/format"
)

// A payload is one record as it was planned. It holds all that its encoding needs, so that no lock
// is held for that.
type payload struct {
	kind    format.Kind
	encode  func() []byte   // the meta part, unless there is a message
	message *format.Message // its checksum is computed later; nil in most kinds
	body    [][]byte

	mail, copied int64 // bytes of the body that are new mail and moved mail

	meta []byte // encoded
}

// render encodes the meta part. seed is that of the segment; without one, for a plan, the checksum
// is taken to be as long as it can get.
func (r *payload) render(seed *uint32) {
	switch {
	case r.message == nil && r.meta == nil:
		r.meta = r.encode()
	case r.message == nil: // it does not depend on the segment
	case seed == nil:
		r.message.Sum = math.MaxUint32
		r.meta = r.message.Encode(nil)
	default:
		r.message.Sum = sumParts(*seed, r.body)
		r.meta = r.message.Encode(r.meta[:0])
	}
}

// sumParts continues a checksum over the parts of a body.
func sumParts(sum uint32, parts [][]byte) uint32 {
	for _, p := range parts {
		sum = crc32.Update(sum, format.Castagnoli, p)
	}
	return sum
}

func (r *payload) size() int64 {
	n := int64(format.FrameSize + len(r.meta))
	for _, part := range r.body {
		n += int64(len(part))
	}
	return n
}

// inFooter bounds how many bytes the footer of a segment grows by.
func (r *payload) inFooter() int64 {
	n := int64(len(r.meta)) + 16
	if r.message != nil {
		n += 5 * int64(len(r.message.Recipients)) // positions of the keys
	}
	if r.kind == format.KindMoved {
		n += 9 // the key 0, which is short in the meta
	}
	return n
}
