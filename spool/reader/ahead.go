package reader

import (
	"errors"
	"io"

	"pillarbox/spool/flash"
	"pillarbox/spool/index"
)

const (
	// aheadSize is the most that is read ahead.
	aheadSize = 64 << 10
	// aheadMost is how many readers have something read ahead at a time.
	aheadMost = 8
)

// An Ahead is messages of one slot that were read at once. The zero Ahead is empty. It is used by
// one goroutine at a time.
//
// All bytes in it were written before they were read, and bytes of a segment do not change: what
// it has is what the file has, as long as the slot has the same segment.
type Ahead struct {
	flash.File // of the message that is opened

	buffer  *[aheadSize]byte // nil if it is empty
	slot    uint16
	segment uint64
	offset  int64 // of read in the slot
	read    []byte
}

// Has reports whether the message at a location is in a, with all that Open reads of it.
func (a *Ahead) Has(at Location) bool {
	start := int64(at.Offset) * 8
	return a != nil && a.buffer != nil && a.slot == at.Slot && a.segment == at.Segment &&
		start >= a.offset && start+int64(at.Octets)+headSize <= a.offset+int64(len(a.read))
}

// Span returns what may be read ahead of messages that are to have so many octets: small messages,
// which are read whole.
func Span(octets int64) index.Span {
	return index.Span{Size: min(octets, aheadSize), More: headSize, Largest: prefetchSize - headSize}
}

// Read fills a with size bytes from a location on, whose slot is pinned. It does nothing if too
// many others have read ahead, or if the bytes cannot be read: Open reads those that it needs.
func (r *Reader) Read(a *Ahead, at Location, file flash.File, size int64) {
	r.Forget(a)
	start := int64(at.Offset) * 8
	size = min(size, r.Format.SlotSize-start, aheadSize)
	if size <= 0 {
		return
	}
	if r.aheads.inUse.Add(1) > aheadMost {
		r.aheads.inUse.Add(-1)
		return
	}
	buffer, _ := r.aheads.pool.Get().(*[aheadSize]byte)
	if buffer == nil {
		buffer = new([aheadSize]byte)
	}
	*a = Ahead{buffer: buffer, slot: at.Slot, segment: at.Segment, offset: start, read: buffer[:size]}
	if n, err := file.ReadAt(a.read, start); err != nil && !errors.Is(err, io.EOF) {
		r.Forget(a)
	} else {
		a.read = a.read[:n]
	}
}

// Forget empties a.
func (r *Reader) Forget(a *Ahead) {
	if a.buffer != nil {
		r.aheads.pool.Put(a.buffer)
		r.aheads.inUse.Add(-1)
		*a = Ahead{}
	}
}

// Held returns how many have read ahead and not forgotten it.
func (r *Reader) Held() int { return int(r.aheads.inUse.Load()) }

// ReadAt reads what was read ahead, or the file.
func (a *Ahead) ReadAt(p []byte, off int64) (int, error) {
	if at := off - a.offset; at >= 0 && at+int64(len(p)) <= int64(len(a.read)) {
		return copy(p, a.read[at:]), nil
	}
	return a.File.ReadAt(p, off)
}

// OpenAhead is Open of a message that a has.
func (r *Reader) OpenAhead(at Location, file flash.File, a *Ahead) (*Message, error) {
	a.File = file
	return r.open(at, file, a)
}
