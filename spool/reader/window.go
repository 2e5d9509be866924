package reader

import (
	"errors"

	"pillarbox/spool/flash"
	"pillarbox/spool/format"
)

// A Window verifies messages past the page cache, and reads the log in pieces of 64 KiB, because
// messages that came or were moved together lie side by side: small ones cost a read for many, and
// not one each. The zero value is ready; it is used by one goroutine and ended with Close.
type Window struct {
	flash.File
	reader  *Reader
	slot    uint32 // whose bytes are in the window
	segment uint64 // in it; 0 if there are none
	window  *format.Window
	held    bool // the slot is pinned, so that its file is not opened for each message
	head    [headSize]byte
}

// NewWindow returns a window that verifies messages of r.
func NewWindow(r *Reader) *Window { return &Window{reader: r} }

// Verify is Verify of the reader, and reads what it has read before once only. That may have been
// written over since, so a message that does not verify is read again.
func (w *Window) Verify(at Location) (size int64, err error) {
	file, err := w.hold(uint32(at.Slot), at.Segment)
	if err != nil {
		return 0, err
	}
	size, err = w.reader.verify(at, w, w.head[:])
	if errors.Is(err, format.ErrUnreadable) {
		size, err = w.reader.verify(at, uncached{file}, w.head[:])
	}
	return size, err
}

// Verify reads a message past the page cache, whole, and returns how many bytes are stored. It
// returns format.ErrUnreadable if the message does not verify.
func (r *Reader) Verify(at Location) (size int64, err error) {
	file, err := r.Slots.PinSegment(uint32(at.Slot), at.Segment)
	if err != nil {
		return 0, err
	}
	defer r.Slots.Unpin(uint32(at.Slot))
	return r.verify(at, uncached{file}, nil)
}

// verify locates a message in a file of its slot, which verifies it. spare is memory for its head.
func (r *Reader) verify(at Location, file flash.File, spare []byte) (int64, error) {
	at.Verified = false
	m := r.message()
	m.uncached = true
	m.parts, m.pinned = m.twoParts[:0], m.oneSlot[:0]
	m.prefetched.read = spare
	defer m.Recycle()
	err := m.locate(file, at, file)
	return m.size, err
}

// hold pins a slot until another one is held, and reads it through the window.
func (w *Window) hold(slot uint32, segment uint64) (flash.File, error) {
	if w.held && w.slot == slot && w.segment == segment {
		return w.File, nil
	}
	w.Close()
	file, err := w.reader.Slots.PinSegment(slot, segment)
	if err != nil {
		return nil, err
	}
	var buf []byte
	if w.window != nil {
		buf = w.window.Buf
	}
	w.File, w.held, w.slot, w.segment = file, true, slot, segment
	w.window = format.NewWindow(file, w.reader.Format.SlotSize, buf)
	return file, nil
}

// sum continues a checksum over n bytes, without a copy of them.
func (w *Window) sum(sum uint32, off, n int64) (uint32, error) { return w.window.Sum(sum, off, n) }

// ReadAt reads from the slot that is held.
func (w *Window) ReadAt(p []byte, off int64) (int, error) {
	b, err := w.window.Bytes(off, int64(len(p)))
	return copy(p, b), err
}

// Close releases the slot that is held, if there is one.
func (w *Window) Close() error {
	if w.held {
		w.reader.Slots.Unpin(w.slot)
		w.held = false
	}
	return nil
}
