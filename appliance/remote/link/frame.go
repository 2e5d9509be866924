package link

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"errors"
	"io"

	"pillarbox/appliance/remote/session"
)

// A kind is what a frame is.
type kind byte

const (
	kindOpen kind = iota + 1
	kindList
	kindHeader
	kindFetch
	kindDelete
	kindClose
	kindDone
	kindError
	kindMessage
	kindData
	kindMark
	kindFind
	kindTicket
	kindText
	kindAsk
	kindReply
	kinds
)

const (
	headSize  = 4
	mostFrame = 64 << 10 // octets behind the head
	dataSize  = 8 << 10  // octets of content in a frame
	askSize   = 2 << 10  // octets of most requests
)

// errFrame is returned for octets that are no frame of this package.
var errFrame = errors.New("link: not a frame: the child is of another version than the server")

// A wire is one end of the socket pair. It is used by one goroutine.
type wire struct {
	in  *bufio.Reader
	out *bufio.Writer
	buf []byte
}

// newWire returns an end that buffers so many octets of each direction.
func newWire(stream io.ReadWriter, in, out int) *wire {
	return &wire{in: bufio.NewReaderSize(stream, in), out: bufio.NewWriterSize(stream, out)}
}

// put buffers a frame.
func (w *wire) put(k kind, fields ...[]byte) error {
	w.begin(k)
	for _, f := range fields {
		w.bytes(f)
	}
	return w.end()
}

// begin begins a frame, which end buffers. Its fields are added in between. A frame allocates
// nothing.
func (w *wire) begin(k kind) { w.buf = append(w.buf[:0], byte(k), 0, 0, 0) }

func (w *wire) bytes(f []byte) {
	w.buf = binary.AppendUvarint(w.buf, uint64(len(f)))
	w.buf = append(w.buf, f...)
}

func (w *wire) text(f string) {
	w.buf = binary.AppendUvarint(w.buf, uint64(len(f)))
	w.buf = append(w.buf, f...)
}

func (w *wire) number(v uint64) {
	var f [binary.MaxVarintLen64]byte
	w.bytes(binary.AppendUvarint(f[:0], v))
}

func (w *wire) end() error {
	b := w.buf
	n := len(b) - headSize
	if n > mostFrame {
		return errors.New("link: a frame is too long")
	}
	b[1], b[2], b[3] = byte(n), byte(n>>8), byte(n>>16)
	_, err := w.out.Write(b)
	return err
}

// send sends a frame and what is buffered.
func (w *wire) send(k kind, fields ...[]byte) error {
	if err := w.put(k, fields...); err != nil {
		return err
	}
	return w.out.Flush()
}

// next reads a frame. The fields are valid until the following call of put, send or next.
func (w *wire) next() (kind, fields, error) {
	head, err := w.in.Peek(headSize)
	if err != nil {
		if err == io.EOF && len(head) > 0 {
			err = io.ErrUnexpectedEOF
		}
		return 0, fields{}, err
	}
	k, n := kind(head[0]), int(head[1])|int(head[2])<<8|int(head[3])<<16
	if n > mostFrame || k < kindOpen || k >= kinds {
		return 0, fields{}, errFrame
	}
	w.in.Discard(headSize)
	if cap(w.buf) < n {
		w.buf = make([]byte, n)
	}
	w.buf = w.buf[:n]
	if _, err := io.ReadFull(w.in, w.buf); err != nil {
		return 0, fields{}, io.ErrUnexpectedEOF
	}
	return k, fields{rest: w.buf}, nil
}

// fields are read in the order in which they were put. After the first one that is not there bad is
// set, and every field reads as empty.
type fields struct {
	rest []byte
	bad  bool
}

func (f *fields) bytes() []byte {
	n, used := binary.Uvarint(f.rest)
	if f.bad || used <= 0 || n > uint64(len(f.rest)-used) {
		f.bad = true
		return nil
	}
	v := f.rest[used : used+int(n)]
	f.rest = f.rest[used+int(n):]
	return v
}

func (f *fields) text() string { return string(f.bytes()) }

func (f *fields) number() uint64 {
	b := f.bytes()
	v, used := binary.Uvarint(b)
	if used != len(b) || used <= 0 {
		f.bad = true
		return 0
	}
	return v
}

// more reports whether there is another field.
func (f *fields) more() bool { return !f.bad && len(f.rest) > 0 }

// end returns an error if the fields were not those that were read.
func (f *fields) end() error {
	if f.bad || len(f.rest) > 0 {
		return errFrame
	}
	return nil
}

func number(v uint64) []byte { return binary.AppendUvarint(nil, v) }

func flag(v bool) []byte {
	if v {
		return number(1)
	}
	return number(0)
}

// A Target is a server with all that a session needs.
type Target struct {
	Protocol string // "imap" or "pop3"
	Address  string // host:port
	Implicit bool   // TLS begins with the first octet; else STARTTLS
	Pin      string
	Bundle   string // file of roots; "": the system's
	Folders  []string
	Eras     []uint64 // of the folders, when messages of an earlier session are meant; else none
	Login    session.Login
	Ticket   []byte // of an earlier TLS session with the server; nil: none
}

func (t *Target) fields() [][]byte {
	list := [][]byte{
		[]byte(t.Protocol), []byte(t.Address), flag(t.Implicit), []byte(t.Pin), []byte(t.Bundle),
		[]byte(t.Login.User), []byte(t.Login.Secret), flag(t.Login.Token), t.Ticket,
	}
	for i, folder := range t.Folders {
		era := uint64(0)
		if i < len(t.Eras) {
			era = t.Eras[i]
		}
		list = append(list, []byte(folder), number(era))
	}
	return list
}

// mostFolders bounds the folders of an account.
const mostFolders = 64

func parseTarget(f fields) (t Target, err error) {
	t = Target{Protocol: f.text(), Address: f.text(), Implicit: f.number() == 1, Pin: f.text(), Bundle: f.text()}
	t.Login = session.Login{User: f.text(), Secret: f.text(), Token: f.number() == 1}
	t.Ticket = bytes.Clone(f.bytes())
	for f.more() && len(t.Folders) < mostFolders {
		t.Folders = append(t.Folders, f.text())
		t.Eras = append(t.Eras, f.number())
	}
	return t, f.end()
}
