package reader

import (
	"errors"
	"io"
	"sync"
	"sync/atomic"

	"pillarbox/spool/flash"
	"pillarbox/spool/format"
	"pillarbox/spool/index"
)

// Slots give out files. *slots.Table is one.
type Slots interface {
	// PinSegment keeps a slot from being written over, until Unpin, and returns its file. It
	// returns format.ErrUnreadable if the slot holds another segment.
	PinSegment(slot uint32, segment uint64) (flash.File, error)
	// Unpin releases a slot.
	Unpin(slot uint32)
}

// A Reader finds messages. Its methods may be called from several goroutines.
type Reader struct {
	Slots    Slots
	Format   *format.Format
	buffers  sync.Pool // of *prefetchBuffer: small messages that are read
	messages sync.Pool // of *Message that were recycled
	aheads   aheads
}

// aheads are the buffers of what is read ahead: 512 KiB at most.
type aheads struct {
	pool  sync.Pool // of *[aheadSize]byte, see ahead.go
	inUse atomic.Int32
}

// A Location is what the caller knows of a message, and where it lies.
type Location struct {
	index.Entry
	Mailbox  format.Key
	Tag      uint64 // of the open that it came in
	Segment  uint64 // in the slot
	Verified bool   // this process has verified or written its bytes
}

// headSize is how much of a record is read at once: frame, meta and, mostly, the heads. Small
// messages are read whole.
const headSize = 1024

// Head reads frame and meta of the record at an offset and verifies them. It fills room, if the
// slot goes on so far, and returns what it read. If room is nil, it allocates some.
func Head(file flash.File, off, slotSize int64, seed uint32, room []byte) (f format.Frame, head, read []byte, err error) {
	if room == nil {
		room = make([]byte, headSize)
	}
	room = room[:min(int64(len(room)), slotSize-off)]
	n, err := file.ReadAt(room, off)
	if err != nil && !errors.Is(err, io.EOF) {
		return f, nil, nil, err
	}
	read = room[:n]
	if f, err = format.DecodeFrame(read, slotSize-off); err != nil {
		return f, nil, nil, err
	}
	size := format.FrameSize + int64(f.Meta)
	head = read
	if size > int64(len(read)) {
		head = make([]byte, size)
		if _, err := file.ReadAt(head, off); err != nil {
			return f, nil, nil, Unreadable(err)
		}
	}
	head = head[:size]
	if !format.VerifyHead(head, seed) {
		return f, nil, nil, format.ErrUnreadable
	}
	return f, head, read, nil
}

// Unreadable distinguishes a device that fails from bytes that are not what they were: for these,
// and for a file that ends too early, it returns format.ErrUnreadable. err is nil if a checksum did
// not match.
func Unreadable(err error) error {
	if err == nil || errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return format.ErrUnreadable
	}
	return err
}

// sumOf continues a checksum over n bytes of a file, in pieces.
func sumOf(file flash.File, sum uint32, off, n int64) (uint32, error) {
	if direct, ok := file.(interface {
		sum(sum uint32, off, n int64) (uint32, error)
	}); ok { // a Window, which needs no copy of them
		return direct.sum(sum, off, n)
	}
	buf := make([]byte, min(n, 32<<10))
	for n > 0 {
		piece := buf[:min(n, int64(len(buf)))]
		if _, err := file.ReadAt(piece, off); err != nil {
			return 0, err
		}
		sum = format.UpdateSum(sum, piece)
		off += int64(len(piece))
		n -= int64(len(piece))
	}
	return sum, nil
}

// uncached reads a file past the page cache, whatever the offset and length.
type uncached struct{ flash.File }

func (u uncached) ReadAt(p []byte, off int64) (int, error) {
	start := off &^ (flash.Page - 1)
	end := (off + int64(len(p)) + flash.Page - 1) &^ (flash.Page - 1)
	buf := flash.Aligned(int(end - start))
	n, err := u.File.ReadUncached(buf, start)
	if n = min(n-int(off-start), len(p)); n <= 0 {
		return 0, err
	}
	copy(p, buf[off-start:][:n])
	if n == len(p) {
		err = nil
	}
	return n, err
}
