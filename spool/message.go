package spool

import (
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"os"
	"time"

	"pillarbox/spool/flash"
)

// An Extent is a run of stored bytes in a file, to be read at explicit offsets.
type Extent struct {
	File   *os.File
	Offset int64
	Length int64
}

// A Message is where the stored bytes of one message lie. Its slots are not written over until it is closed.
type Message struct {
	spool  *Spool
	slots  []*slot // pinned
	parts  []part
	via    func(flash.File) flash.File // how files are read; nil: as they are
	size   int64                       // stored bytes
	header int64                       // of them, the header with its blank line
	origin Origin
	near   near

	// room for slots and parts of most messages, which needs no memory of its own then
	oneSlot  [1]*slot
	twoParts [2]part
}

// A part is a run of stored bytes in a slot.
type part struct {
	file   flash.File
	offset int64
	length int64
}

// Message finds message n and pins its bytes. Before the first byte of a message is given out in the life of the process all
// of them are verified. ErrGone: another view expunged it and its space is used again. ErrDamaged: the bytes do not verify.
func (v *View) Message(n int) (*Message, error) {
	s := v.spool
	at := v.live.find(n - 1)

	s.mu.Lock()
	r := v.rows[at]
	box := s.mailboxes[v.key]
	i, found := box.find(r.identity)
	verified := false
	if found {
		r.move(box.rows[i].place())
		found = !box.dead.has(i)
		verified = box.verified.has(i)
	}
	sl := s.slots[r.slot]
	segment := sl.header.segment
	tag := s.tags[r.epoch]
	file, err := s.pin(sl)
	s.mu.Unlock()
	if err != nil {
		if !found && errors.Is(err, os.ErrNotExist) {
			err = ErrGone
		}
		return nil, err
	}
	m := &Message{spool: s}
	m.parts, m.slots = m.twoParts[:0], append(m.oneSlot[:0], sl)
	m.near.ready(s, r)
	err = m.locate(file, r, segment, tag, v.key, verified)
	if err != nil {
		m.Close()
		return nil, v.explain(err, r, found)
	}
	if found && !verified {
		s.mu.Lock()
		if i, ok := box.find(r.identity); ok {
			box.verified.set(i)
		}
		s.mu.Unlock()
	}
	return m, nil
}

// explain turns what does not verify into what it means.
func (v *View) explain(err error, r row, live bool) error {
	if !errors.Is(err, errUnreadable) {
		return err
	}
	if !live {
		return ErrGone
	}
	s := v.spool
	s.mu.Lock()
	s.damaged++
	s.mu.Unlock()
	return fmt.Errorf("%w: slot %d at byte %d", ErrDamaged, r.slot, int64(r.offset)*8)
}

// firstRead is how much of a record is read at once: frame, meta and, mostly, the heads. Small messages are read whole.
const firstRead = 1024

// locate reads the record's head and finds the parts of the recipient's message.
func (m *Message) locate(file flash.File, r row, segment, tag uint64, key Key, verified bool) error {
	s := m.spool
	start := int64(r.offset) * 8
	seed := s.format.seed(segment)
	f, head, read, err := readHead(file, start, s.format.slotSize, seed, m.near.room())
	if err != nil {
		return err
	}
	m.near.holds(file, start, read)
	meta, err := decodeMessage(head[frameSize:])
	if err != nil {
		return err
	}
	which := int64(r.seq) - int64(meta.first.seq)
	if f.kind != kindMessage && f.kind != kindMoved || meta.tag != tag || meta.first.epoch != r.epoch ||
		which < 0 || which >= int64(len(meta.recipients)) || meta.recipients[which].key != key {
		return errUnreadable
	}
	body := start + int64(len(head))
	length := int64(f.length) - int64(len(head))
	if meta.heads() > length {
		return errUnreadable
	}
	if !verified {
		if sum, err := sumOf(file, seed, body, length); err != nil || sum != meta.sum {
			return cmpErr(err)
		}
	}
	at := body
	for _, rcpt := range meta.recipients[:which] {
		at += int64(rcpt.head)
	}
	own := int64(meta.recipients[which].head)
	m.add(file, at, own)
	m.header = own + int64(meta.header)
	m.add(file, body+meta.heads(), length-meta.heads())
	m.origin = Origin{meta.from, time.Unix(meta.received, 0)}
	return m.addExtents(meta.extents, verified)
}

// addExtents pins the bulk slots and adds the extents.
func (m *Message) addExtents(extents []extent, verified bool) error {
	s := m.spool
	for _, e := range extents {
		s.mu.Lock()
		sl := s.slotOf(e.slot)
		if sl == nil || sl.header.segment != e.segment {
			s.mu.Unlock()
			return errUnreadable
		}
		file, err := s.pin(sl)
		s.mu.Unlock()
		if err != nil {
			return err
		}
		m.slots = append(m.slots, sl)
		if m.via != nil {
			file = m.via(file)
		}
		offset := int64(e.page) * flash.Page
		if !verified {
			if sum, err := sumOf(file, s.format.seed(e.segment), offset, int64(e.length)); err != nil || sum != e.sum {
				return cmpErr(err)
			}
		}
		m.add(file, offset, int64(e.length))
	}
	return nil
}

// cmpErr tells a device that does not answer from bytes that are not what they were.
func cmpErr(err error) error {
	if err == nil || errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return errUnreadable
	}
	return err
}

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

// readHead reads frame and meta of the record at an offset and verifies them. It fills room, if the slot goes on so far, and returns what it read.
func readHead(file flash.File, off, slotSize int64, seed uint32, room []byte) (f frame, head, read []byte, err error) {
	room = room[:min(int64(len(room)), slotSize-off)]
	n, err := file.ReadAt(room, off)
	if err != nil && !errors.Is(err, io.EOF) {
		return f, nil, nil, err
	}
	read = room[:n]
	if f, err = decodeFrame(read, slotSize-off); err != nil {
		return f, nil, nil, err
	}
	size := frameSize + int64(f.meta)
	head = read
	if size > int64(len(read)) {
		head = make([]byte, size)
		if _, err := file.ReadAt(head, off); err != nil {
			return f, nil, nil, cmpErr(err)
		}
	}
	head = head[:size]
	if !verifyHead(head, seed) {
		return f, nil, nil, errUnreadable
	}
	return f, head, read, nil
}

// sumOf checks bytes through the page cache, in pieces.
func sumOf(file flash.File, sum uint32, off, n int64) (uint32, error) {
	buf := make([]byte, min(n, 32<<10))
	for n > 0 {
		piece := buf[:min(n, int64(len(buf)))]
		if _, err := file.ReadAt(piece, off); err != nil {
			return 0, err
		}
		sum = crc32.Update(sum, castagnoli, piece)
		off += int64(len(piece))
		n -= int64(len(piece))
	}
	return sum, nil
}

// Size returns the number of stored bytes, the closing ".CRLF" included.
func (m *Message) Size() int64 { return m.size }

// HeaderSize returns how many of them are the header with its blank line.
func (m *Message) HeaderSize() int64 { return m.header }

// An Origin is what the record of a message says of where it came from.
type Origin struct {
	From     string    // reverse-path, "" for none
	Received time.Time // whole seconds
}

// Origin returns where the message came from.
func (m *Message) Origin() Origin { return m.origin }

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
		k, err := m.near.readAt(part.file, piece, part.offset+off)
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
	m.spool.mu.Lock()
	defer m.spool.mu.Unlock()
	for _, sl := range m.slots {
		m.spool.unpin(sl)
	}
	m.slots = nil
	m.near.giveBack(m.spool)
	return nil
}
