package link

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
)

type kind uint8

const (
	kindOpen kind = iota + 1
	kindOffers
	kindSend
	kindBody
	kindSize
	kindData
	kindFail
	kindResults
	kindError
	kindQuit
)

// maxFrame bounds the fields of a frame in octets: a message has at most 100 recipients, with up to
// 1 KiB each. Content goes in pieces.
const maxFrame, piece = 256 << 10, 32 << 10

// errFrame is returned for octets that the other side should not have sent.
var errFrame = errors.New("the two sides of a session do not understand each other")

// A wire is a stream of frames.
type wire struct {
	stream io.ReadWriter
	out    []byte
	in     []byte
	left   int64 // octets of content that are on their way to the child
}

// send sends one frame. A nil error does not mean that it has arrived.
func (w *wire) send(k kind, f fields) error {
	if len(f) > maxFrame {
		return fmt.Errorf("%w: a frame of %d octets", errFrame, len(f))
	}
	w.out = append(w.out[:0], byte(k))
	w.out = binary.LittleEndian.AppendUint32(w.out, uint32(len(f)))
	w.out = append(w.out, f...)
	_, err := w.stream.Write(w.out)
	return err
}

// next reads one frame. The fields are valid until the next call.
func (w *wire) next() (kind, *reader, error) {
	var head [5]byte
	if _, err := io.ReadFull(w.stream, head[:]); err != nil {
		return 0, nil, err
	}
	n := binary.LittleEndian.Uint32(head[1:])
	if n > maxFrame {
		return 0, nil, errFrame
	}
	if cap(w.in) < int(n) {
		w.in = make([]byte, n)
	}
	w.in = w.in[:n]
	if _, err := io.ReadFull(w.stream, w.in); err != nil {
		return 0, nil, unexpected(err)
	}
	return kind(head[0]), &reader{rest: w.in}, nil
}

func unexpected(err error) error {
	if err == io.EOF {
		return io.ErrUnexpectedEOF
	}
	return err
}

// fields are written one after the other.
type fields []byte

func (f *fields) text(s string) {
	*f = binary.AppendUvarint(*f, uint64(len(s)))
	*f = append(*f, s...)
}

func (f *fields) number(n int64) { *f = binary.AppendVarint(*f, n) }

func (f *fields) flag(b bool) {
	if b {
		f.number(1)
	} else {
		f.number(0)
	}
}

// A reader reads fields. After the first one that is not there every value is zero, and end
// returns the error.
type reader struct {
	rest []byte
	err  error
}

func (r *reader) text() string {
	n, size := binary.Uvarint(r.rest)
	if r.err != nil || size <= 0 || n > uint64(len(r.rest)-size) {
		r.err = errFrame
		return ""
	}
	s := string(r.rest[size : size+int(n)])
	r.rest = r.rest[size+int(n):]
	return s
}

func (r *reader) number() int64 {
	n, size := binary.Varint(r.rest)
	if r.err != nil || size <= 0 {
		r.err = errFrame
		return 0
	}
	r.rest = r.rest[size:]
	return n
}

func (r *reader) flag() bool { return r.number() == 1 }

// count reads how many values follow. Each takes at least one octet.
func (r *reader) count() int {
	n := r.number()
	if n < 0 || n > int64(len(r.rest)) {
		r.err = errFrame
		return 0
	}
	return int(n)
}

func (r *reader) end() error {
	if r.err == nil && len(r.rest) > 0 {
		r.err = errFrame
	}
	return r.err
}
