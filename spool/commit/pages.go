package commit

import "pillarbox/spool/flash"

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
