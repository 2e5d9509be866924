package commit

import (
	"math"

	"pillarbox/spool/flash"
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
		sum = format.UpdateSum(sum, p)
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

// bufferSize is how much of a batch is gathered before it is written, at most; what has room in a
// smaller stage takes that.
const bufferSize = 128 << 10

// A pageWriter writes a batch in order: whole pages, the last one filled up with zeros.
type pageWriter struct {
	file   flash.File
	offset int64  // in the slot, of what is gathered
	buf    []byte // page-aligned
	n      int    // bytes gathered
	err    error
}

func (w *pageWriter) write(p []byte) {
	for len(p) > 0 && w.err == nil {
		n := copy(w.buf[w.n:], p)
		w.n += n
		p = p[n:]
		if w.n == len(w.buf) {
			w.flush()
		}
	}
}

// pad fills up with zeros to a multiple of n in the slot.
func (w *pageWriter) pad(n int64) {
	at := w.offset + int64(w.n)
	over := (n - at%n) % n
	clear(w.buf[w.n : w.n+int(over)]) // the buffer ends on a page
	w.n += int(over)
	if w.n == len(w.buf) {
		w.flush()
	}
}

// flush writes what is gathered, which must be whole pages.
func (w *pageWriter) flush() {
	if w.err == nil && w.n > 0 {
		_, w.err = w.file.WriteAt(w.buf[:w.n], w.offset)
		w.offset += int64(w.n)
	}
	w.n = 0
}
