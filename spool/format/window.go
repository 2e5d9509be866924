package format

import (
	"errors"
	"io"

	"pillarbox/spool/flash"
)

// A Window reads parts of a slot past the page cache, because after a failed flush the cache shows
// bytes that the device does not hold. Bytes beyond the end of a growing file read as zero.
type Window struct {
	File  flash.File
	limit int64  // bytes of a slot
	Buf   []byte // page-aligned
	at    int64  // offset of buf[0] in the slot; a multiple of the page
	n     int    // bytes in buf
}

// windowSize is how many bytes of a slot are read at a time.
const windowSize = 64 << 10

// NewWindow returns a window that uses the buffer of an earlier one. If buf is nil, it allocates
// one.
func NewWindow(file flash.File, limit int64, buf []byte) *Window {
	if buf == nil {
		buf = flash.Aligned(int(min(windowSize, limit)))
	}
	return &Window{File: file, limit: limit, Buf: buf}
}

// Bytes returns n bytes at off, valid until the next call.
func (w *Window) Bytes(off, n int64) ([]byte, error) {
	if off < 0 || n < 0 || off+n > w.limit {
		return nil, ErrUnreadable
	}
	if n > int64(len(w.Buf))-flash.Page {
		w.Buf = flash.Aligned(int(n+2*flash.Page-1) &^ (flash.Page - 1))
		w.n = 0
	}
	if off < w.at || off+n > w.at+int64(w.n) {
		if err := w.fill(off &^ (flash.Page - 1)); err != nil {
			return nil, err
		}
	}
	return w.Buf[off-w.at:][:n], nil
}

func (w *Window) fill(at int64) error {
	want := min(int64(len(w.Buf)), w.limit-at)
	n, err := w.File.ReadUncached(w.Buf[:want], at)
	if err != nil && !errors.Is(err, io.EOF) {
		w.n = 0
		return err
	}
	clear(w.Buf[n:want])
	w.at, w.n = at, int(want)
	return nil
}

// Sum continues a checksum over n bytes at off, in pieces.
func (w *Window) Sum(sum uint32, off, n int64) (uint32, error) {
	for n > 0 {
		piece := min(n, int64(len(w.Buf))-flash.Page)
		p, err := w.Bytes(off, piece)
		if err != nil {
			return 0, err
		}
		sum = UpdateSum(sum, p)
		off += piece
		n -= piece
	}
	return sum, nil
}
