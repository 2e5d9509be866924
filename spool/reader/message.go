package reader

import (
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"pillarbox/spool/flash"
	"pillarbox/spool/format"
)

// An Extent is a run of stored bytes in a file, to be read at explicit offsets.
type Extent struct {
	File   *os.File
	Offset int64
	Length int64
}

// An Origin is what the record of a message says of where it came from.
type Origin struct {
	From     string    // reverse-path, "" for none
	Received time.Time // whole seconds
}

// A Message is where the stored bytes of one message lie. Its slots are not written over until it
// is closed.
type Message struct {
	reader     *Reader
	pinned     []uint32 // slots
	parts      []part
	size       int64 // stored bytes
	header     int64 // of them, the header with its blank line
	received   int64
	from       string // "" if prefetched has it
	prefetched prefetched

	// room for slots and parts of most messages, which needs no memory of its own then
	oneSlot  [1]uint32
	uncached bool // files are read past the page cache
	twoParts [2]part
}

// A part is a run of stored bytes in a slot.
type part struct {
	file   flash.File
	offset int64
	length int64
}

// locate reads the record's head and finds the parts of the recipient's message. The head is read
// from an Ahead if from is one.
func (m *Message) locate(file flash.File, r Location, from flash.File) error {
	f := m.reader.Format
	start := int64(r.Offset) * 8
	seed := f.Seed(r.Segment)
	frame, head, read, err := Head(from, start, f.SlotSize, seed, m.prefetched.room())
	if from != file && errors.Is(err, format.ErrUnreadable) {
		frame, head, read, err = Head(file, start, f.SlotSize, seed, m.prefetched.room())
	}
	if err != nil {
		return err
	}
	m.prefetched.holds(file, start, read)
	meta := format.Message{Recipients: m.prefetched.recipients()}
	if err := meta.DecodePlace(head[format.FrameSize:]); err != nil {
		return err
	}
	m.received = meta.Received
	m.remember(head)
	which := int64(r.Seq) - int64(meta.First.Seq)
	if frame.Kind != format.KindMessage && frame.Kind != format.KindMoved || meta.Tag != r.Tag || meta.First.Epoch != r.Epoch ||
		which < 0 || which >= int64(len(meta.Recipients)) || meta.Recipients[which].Key != r.Mailbox {
		return format.ErrUnreadable
	}
	body := start + int64(len(head))
	length := int64(frame.Length) - int64(len(head))
	if meta.Heads() > length {
		return format.ErrUnreadable
	}
	if !r.Verified {
		if sum, err := sumOf(file, seed, body, length); err != nil || sum != meta.Sum {
			return Unreadable(err)
		}
	}
	at := body
	for _, rcpt := range meta.Recipients[:which] {
		at += int64(rcpt.Head)
	}
	own := int64(meta.Recipients[which].Head)
	m.add(file, at, own)
	m.header = own + int64(meta.Header)
	m.add(file, body+meta.Heads(), length-meta.Heads())
	return m.addExtents(meta.Extents, r.Verified)
}

// addExtents pins the bulk slots and adds the extents.
func (m *Message) addExtents(extents []format.Extent, verified bool) error {
	for _, e := range extents {
		file, err := m.reader.Slots.PinSegment(e.Slot, e.Segment)
		if err != nil {
			return err
		}
		m.pinned = append(m.pinned, e.Slot)
		if m.uncached {
			file = uncached{file}
		}
		offset := int64(e.Page) * flash.Page
		if !verified {
			if sum, err := sumOf(file, m.reader.Format.Seed(e.Segment), offset, int64(e.Length)); err != nil || sum != e.Sum {
				return Unreadable(err)
			}
		}
		m.add(file, offset, int64(e.Length))
	}
	return nil
}

// add adds a part, or makes the last one longer if it continues there.
func (m *Message) add(file flash.File, offset, length int64) {
	if length == 0 {
		return
	}
	m.size += length
	if n := len(m.parts); n > 0 {
		if last := &m.parts[n-1]; last.file == file && last.offset+last.length == offset {
			last.length += length
			return
		}
	}
	m.parts = append(m.parts, part{file, offset, length})
}

// Size returns the number of stored bytes, the closing ".CRLF" included.
func (m *Message) Size() int64 { return m.size }

// HeaderSize returns how many of them are the header with its blank line.
func (m *Message) HeaderSize() int64 { return m.header }

// remember keeps what Origin returns, where that is not in memory anyway.
func (m *Message) remember(head []byte) {
	if m.prefetched.keepHead(head) || m.uncached {
		return
	}
	if meta, err := format.DecodeMessage(head[format.FrameSize:]); err == nil {
		m.from = meta.From
	}
}

// Origin returns where the message came from. It is called before Close.
func (m *Message) Origin() Origin {
	o := Origin{m.from, time.Unix(m.received, 0)}
	if head := m.prefetched.head(); head != nil {
		if meta, err := format.DecodeMessage(head[format.FrameSize:]); err == nil {
			o.From = meta.From
		}
	}
	return o
}

// ReadAt reads stored bytes; off counts from the first one.
func (m *Message) ReadAt(p []byte, off int64) (n int, err error) {
	if off < 0 {
		return 0, fmt.Errorf("spool: read at %d", off)
	}
	for _, part := range m.parts {
		if off >= part.length {
			off -= part.length
			continue
		}
		piece := p[n:]
		if int64(len(piece)) > part.length-off {
			piece = piece[:part.length-off]
		}
		k, err := m.prefetched.readAt(part.file, piece, part.offset+off)
		n += k
		if k < len(piece) {
			return n, fmt.Errorf("spool: read message: %w", err)
		}
		off = 0
		if n == len(p) {
			return n, nil
		}
	}
	return n, io.EOF
}

// Extents returns where the bytes lie, in order; nil when they are in no real file.
func (m *Message) Extents() []Extent {
	extents := make([]Extent, 0, len(m.parts))
	for _, p := range m.parts {
		file := p.file.Handle()
		if file == nil {
			return nil
		}
		extents = append(extents, Extent{file, p.offset, p.length})
	}
	return extents
}

// Close lets the slots be used again. A second Close does nothing.
func (m *Message) Close() error {
	for _, n := range m.pinned {
		m.reader.Slots.Unpin(n)
	}
	m.pinned = nil
	m.prefetched.giveBack(m.reader)
	return nil
}

// Recycle is Close, and lets the memory of m be used for another message. Neither it nor any other
// method is called after that.
func (m *Message) Recycle() {
	if r := m.reader; r != nil {
		m.Close()
		*m = Message{}
		r.messages.Put(m)
	}
}

// Open returns the message at a location. The slot is pinned already, and file is what pinning it
// returned; Close of the message releases it, and so does Open on error. It returns
// format.ErrUnreadable for bytes that do not verify, or that are another message.
func (r *Reader) Open(at Location, file flash.File) (*Message, error) { return r.open(at, file, file) }

// message returns an empty message, whose memory may be that of one that was recycled.
func (r *Reader) message() *Message {
	m, _ := r.messages.Get().(*Message)
	if m == nil {
		m = new(Message)
	}
	*m = Message{reader: r}
	return m
}

func (r *Reader) open(at Location, file, from flash.File) (*Message, error) {
	m := r.message()
	m.parts, m.pinned = m.twoParts[:0], append(m.oneSlot[:0], uint32(at.Slot))
	m.prefetched.ready(r, at.Octets)
	if err := m.locate(file, at, from); err != nil {
		m.Close()
		return nil, err
	}
	return m, nil
}

// prefetchSize is how large a record may be to be read whole when its message is found, in one
// read. The buffer is held until the message is closed, and takes 16 KiB.
const prefetchSize = 16<<10 - 64

// A prefetchBuffer is what a small message needs until it is closed.
type prefetchBuffer struct {
	octets     [prefetchSize]byte
	recipients [4]format.Recipient // room for decoding
}

// A prefetched is the beginning of the record of a message, in memory.
type prefetched struct {
	buffer *prefetchBuffer // of the reader's pool; nil if nothing is held
	file   flash.File
	offset int64  // of the record
	read   []byte // from there; before holds, where the record is to be read to
	size   int32  // of its head, frame and meta, at the beginning of read; 0 if that is not in memory
}

// ready takes a buffer for a message that is small.
func (n *prefetched) ready(r *Reader, octets uint32) {
	if int64(octets)+headSize > prefetchSize {
		return
	}
	n.buffer, _ = r.buffers.Get().(*prefetchBuffer)
	if n.buffer == nil {
		n.buffer = new(prefetchBuffer)
	}
	n.read = n.buffer.octets[:int64(octets)+headSize]
}

// recipients is room for decoding, or nil.
func (n *prefetched) recipients() []format.Recipient {
	if n.buffer == nil {
		return nil
	}
	return n.buffer.recipients[:0]
}

// room is where the record is to be read to; nil for new memory.
func (n *prefetched) room() []byte { return n.read }

// holds notes what was read. Of a large message nothing is kept.
func (n *prefetched) holds(file flash.File, offset int64, read []byte) {
	if n.buffer != nil {
		n.file, n.offset, n.read = file, offset, read
	}
}

// keepHead notes the head of the record, and reports whether it is in memory until giveBack.
func (n *prefetched) keepHead(head []byte) bool {
	if n.buffer == nil || len(head) > len(n.read) {
		return false
	}
	n.size = int32(len(head))
	return true
}

// head returns the head of the record, or nil.
func (n *prefetched) head() []byte {
	if n.size == 0 {
		return nil
	}
	return n.read[:n.size]
}

// readAt reads from memory what is there whole, else from the file.
func (n *prefetched) readAt(file flash.File, p []byte, off int64) (int, error) {
	if at := off - n.offset; n.file == file && n.file != nil && at >= 0 && at+int64(len(p)) <= int64(len(n.read)) {
		return copy(p, n.read[at:]), nil
	}
	return file.ReadAt(p, off)
}

func (n *prefetched) giveBack(r *Reader) {
	if n.buffer != nil {
		r.buffers.Put(n.buffer)
		*n = prefetched{}
	}
}
