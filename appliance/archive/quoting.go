package archive

import "io"

// mark begins the line between two messages of an mbox; a line of a message that begins so, or with
// ">" before it, has one ">" more (mboxrd).
const mark = "From "

// A quoting adds that ">", or removes it. It works octet by octet, so no line is too long. The zero
// value removes.
type quoting struct {
	add     bool
	inside  bool // of a line, behind what could be quoted
	held    bool // a ">" that may have to go
	matched int  // octets of mark
}

// step appends what becomes of src.
func (q *quoting) step(dst, src []byte) []byte {
	for _, b := range src {
		switch {
		case q.inside:
			dst = append(dst, b)
			q.inside = b != '\n'
		case b == '>' && q.matched == 0:
			if q.add || q.held {
				dst = append(dst, '>')
			}
			q.held = !q.add
		case b == mark[q.matched]:
			if q.matched++; q.matched == len(mark) {
				if q.add {
					dst = append(dst, '>')
				}
				q.held = false
				dst = q.finish(dst)
				q.inside = true
			}
		default:
			dst = append(q.finish(dst), b)
			q.inside = b != '\n'
		}
	}
	return dst
}

// finish appends what was held back.
func (q *quoting) finish(dst []byte) []byte {
	if q.held {
		dst = append(dst, '>')
	}
	dst = append(dst, mark[:q.matched]...)
	q.held, q.matched = false, 0
	return dst
}

// A quotingReader reads through a quoting.
type quotingReader struct {
	quoting
	from io.Reader
	src  [8 << 10]byte
	buf  []byte // room for a source that grows by a half at most, and what is held
	out  []byte // of buf, not yet read
	err  error
}

func (r *quotingReader) Read(p []byte) (int, error) {
	for len(r.out) == 0 {
		if r.err != nil {
			return 0, r.err
		}
		var n int
		n, r.err = r.from.Read(r.src[:])
		r.buf = r.step(r.buf[:0], r.src[:n])
		if r.err == io.EOF {
			r.buf = r.finish(r.buf)
		}
		r.out = r.buf
	}
	n := copy(p, r.out)
	r.out = r.out[n:]
	return n, nil
}
