package downgrade

import (
	"bytes"
	"io"
	"slices"
	"unicode/utf8"

	"pillarbox/pop3/wire"
)

// maxField is the size in octets of the largest header field that is rewritten. A larger one is
// sent as it is stored, as every field was before RFC 6858. If it were left out, From could be
// missing, or the boundary in Content-Type, and with it all parts of the message.
const maxField = 64 << 10

// maxRewritten bounds the octets of fields that are rewritten in one header. The fields after that
// are sent as they are stored. Rewriting takes up to a microsecond an octet (measured with lists of
// thousands of addresses on amd64). Without the bound, a header of 50 MiB, which any sender can
// send, would take a minute of a fast processor at each download and grow by a factor of fourteen.
// Fields that are not rewritten are not counted.
const maxRewritten = 2 << 20

// readSize is how much is read at a time.
const readSize = 4 << 10

// A Reader finds the fields of a header that are rewritten. It keeps at most maxField octets of one
// field in memory, and readSize octets after it.
type Reader struct {
	body   io.ReaderAt
	size   int64 // of the header
	from   int64 // the offset of the current field
	to     int64 // the offset of its end
	field  bool  // it has the name of a field; otherwise the rest of the header is text
	whole  bool  // all of it is in the window
	spent  int   // octets of fields that were rewritten
	buffer []byte
	window []byte // a part of buffer
	base   int64  // the offset of the window
}

// NewReader returns a Reader of the header that is the first size octets of body.
func NewReader(body io.ReaderAt, size int64) *Reader { return &Reader{body: body, size: size} }

// Next moves to the next field that is rewritten. It reports false if the rest of the header is
// sent as it is stored: no such field follows, or maxRewritten is reached.
func (r *Reader) Next() (bool, error) {
	for {
		more, err := r.next()
		if err != nil || !more || !r.field {
			return false, err
		}
		if text := r.text(); wire.EightBit(text) && utf8.Valid(text) {
			r.spent += len(text)
			return r.spent <= maxRewritten, nil
		}
	}
}

// Range returns the offsets in the header of the field to which Next moved.
func (r *Reader) Range() (from, to int64) { return r.from, r.to }

// Append appends the ASCII form of the field to which Next moved. It appends nothing if the field
// has none, and is left out.
func (r *Reader) Append(out []byte) []byte { return appendRewritten(out, r.text()) }

// next moves to the next field. It reports false if there is none.
func (r *Reader) next() (bool, error) {
	r.window, r.base = r.window[r.to-r.base:], r.to
	r.from, r.whole = r.to, true
	for searched := 0; r.from < r.size; {
		end, found := fieldEnd(r.window, searched)
		if found || r.base+int64(len(r.window)) == r.size {
			r.end(end, found)
			return true, nil
		}
		if r.whole && len(r.window) > maxField {
			r.field, r.whole = isField(r.window), false
		}
		if !r.whole {
			r.window, r.base, end = r.window[end:], r.base+int64(end), 0
		}
		searched = end
		if err := r.read(); err != nil {
			return false, err
		}
	}
	return false, nil
}

// end sets the end of the field: an offset in the window, or the end of the header if none was
// found.
func (r *Reader) end(at int, found bool) {
	if !found {
		at = len(r.window)
	}
	r.to = r.base + int64(at)
	if r.whole {
		r.field, r.whole = isField(r.window[:at]), at <= maxField
	}
}

// text returns the field, or nil if it is larger than maxField. It is valid until next is called.
func (r *Reader) text() []byte {
	if !r.whole {
		return nil
	}
	return r.window[:r.to-r.base]
}

// read appends more of the header to the window.
func (r *Reader) read() error {
	have := len(r.window)
	more := int(min(r.size-r.base-int64(have), readSize))
	r.buffer = slices.Grow(append(r.buffer[:0], r.window...), more)
	r.window = r.buffer[:have+more]
	n, err := r.body.ReadAt(r.window[have:], r.base+int64(have))
	if n == more {
		return nil
	}
	if err == nil || err == io.EOF {
		err = io.ErrUnexpectedEOF
	}
	return err
}

// fieldEnd returns the end of the first field in b, which is the end of the first line after which
// no folded line follows. It skips lines that end before from. If b does not contain the first
// octet after the field, it reports false and returns the offset at which to continue with a longer
// b.
func fieldEnd(b []byte, from int) (end int, found bool) {
	for {
		n := bytes.IndexByte(b[from:], '\n')
		if n < 0 {
			return len(b), false
		}
		if from+n+1 == len(b) {
			return from + n, false
		}
		from += n + 1
		if b[from] != ' ' && b[from] != '\t' {
			return from, true
		}
	}
}

// isField reports whether b begins with the name of a field (RFC 5322 §2.2), or is the empty line
// at the end of the header.
func isField(b []byte) bool {
	name, _, ok := bytes.Cut(b, []byte(":"))
	name = bytes.TrimRight(name, " \t")
	other := func(r rune) bool { return r <= ' ' || beyondASCII(r) }
	return ok && len(name) > 0 && bytes.IndexFunc(name, other) < 0 || string(b) == "\r\n"
}
