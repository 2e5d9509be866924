package reader

import (
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"testing"
	"time"

	"pillarbox/spool/flash"
	"pillarbox/spool/flash/flashtest"
	"pillarbox/spool/format"
	"pillarbox/spool/index"
)

// A testSlots has slots with records that a test has put there, and counts who has them pinned. It
// is what a reader gets files from.
type testSlots struct {
	t        testing.TB
	dev      *flashtest.Device
	format   *format.Format
	segments map[uint32]uint64 // in each slot
	files    map[uint32]flash.File
	pins     map[uint32]int
	broken   error // what a pin fails with; nil: none
	reads    int   // calls of ReadAt
	uncached int   // calls of ReadUncached
	fault    error // what reads fail with; nil: none
	size     int64 // of the record that was laid last
}

const (
	testSlot = format.MinSlotSize
	testTag  = 77
)

func newTestSlots(t testing.TB) *testSlots {
	return &testSlots{
		t: t, dev: flashtest.New(flashtest.Options{}), format: &format.Format{SlotSize: testSlot, ID: [16]byte{9}},
		segments: make(map[uint32]uint64), files: make(map[uint32]flash.File), pins: make(map[uint32]int),
	}
}

// slot makes a slot that holds a segment.
func (l *testSlots) slot(n uint32, segment uint64) {
	l.t.Helper()
	file, err := l.dev.Create(fmt.Sprintf("%05d", n), testSlot)
	if err != nil {
		l.t.Fatal(err)
	}
	l.t.Cleanup(func() { file.Close() })
	l.segments[n], l.files[n] = segment, countedFile{file, l}
}

// write puts bytes into a slot, wherever they begin.
func (l *testSlots) write(n uint32, off int64, data []byte) {
	l.t.Helper()
	start := off &^ (flash.Page - 1)
	end := (off + int64(len(data)) + flash.Page - 1) &^ (flash.Page - 1)
	pages := flash.Aligned(int(end - start))
	file := l.files[n].(countedFile).File
	if _, err := file.ReadAt(pages, start); err != nil {
		l.t.Fatal(err)
	}
	copy(pages[off-start:], data)
	if _, err := file.WriteAt(pages, start); err != nil {
		l.t.Fatal(err)
	}
	if err := file.Sync(); err != nil {
		l.t.Fatal(err)
	}
}

// message lays a message record at an offset: heads and body of its recipients, and extents.
func (l *testSlots) message(n uint32, off int64, m format.Message, heads []string, body string) (size int64) {
	l.t.Helper()
	seed := l.format.Seed(l.segments[n])
	all := ""
	for i, head := range heads {
		m.Recipients[i].Head = uint32(len(head))
		all += head
	}
	all += body
	m.Tag = testTag
	m.Sum = crc32.Update(seed, format.Castagnoli, []byte(all))
	record := append(format.AppendHead(nil, format.KindMessage, testTag, seed, m.Encode(nil), int64(len(all))), all...)
	l.write(n, off, record)
	l.size = int64(len(record))
	return l.size
}

// extent lays bytes of a large message at a page.
func (l *testSlots) extent(n, page uint32, data string) format.Extent {
	l.t.Helper()
	l.write(n, int64(page)*flash.Page, []byte(data))
	segment := l.segments[n]
	return format.Extent{
		Slot: n, Segment: segment, Page: page, Length: uint32(len(data)),
		Sum: crc32.Update(l.format.Seed(segment), format.Castagnoli, []byte(data)),
	}
}

// PinSegment is that of Slots.
func (l *testSlots) PinSegment(slot uint32, segment uint64) (flash.File, error) {
	if l.broken != nil {
		return nil, l.broken
	}
	if l.segments[slot] != segment {
		return nil, format.ErrUnreadable
	}
	l.pins[slot]++
	return l.files[slot], nil
}

// Unpin is that of Slots.
func (l *testSlots) Unpin(slot uint32) { l.pins[slot]-- }

// pinned counts the pins that are left.
func (l *testSlots) pinned() (n int) {
	for _, pins := range l.pins {
		n += pins
	}
	return n
}

// reader returns a reader of the testSlots.
func (l *testSlots) reader() *Reader { return &Reader{Slots: l, Format: l.format} }

// open opens a message, as package spool does: with its slot pinned.
func (l *testSlots) open(r *Reader, at Location) (*Message, error) {
	file, err := l.PinSegment(uint32(at.Slot), at.Segment)
	if err != nil {
		return nil, err
	}
	return r.Open(at, file)
}

type countedFile struct {
	flash.File
	l *testSlots
}

func (f countedFile) ReadAt(p []byte, off int64) (int, error) {
	f.l.reads++
	if f.l.fault != nil {
		return 0, f.l.fault
	}
	return f.File.ReadAt(p, off)
}

func (f countedFile) ReadUncached(p []byte, off int64) (int, error) {
	f.l.uncached++
	if f.l.fault != nil {
		return 0, f.l.fault
	}
	return f.File.ReadUncached(p, off)
}

// twoRecipients is a message for mailboxes 1 and 2, which came as numbers 5 and 6 of epoch 3.
func twoRecipients() format.Message {
	return format.Message{
		First: format.Identity{Epoch: 3, Seq: 5}, Received: 1000, From: "a@b", Octets: 20, Header: 10,
		Recipients: []format.Recipient{{Key: 1}, {Key: 2}},
	}
}

// at is where the message for one of them lies.
func at(slot uint16, off int64, segment uint64, seq uint32, key format.Key) Location {
	return Location{
		Entry:   index.Entry{Identity: format.Identity{Epoch: 3, Seq: seq}, Octets: 100, Offset: uint32(off / 8), Slot: slot},
		Mailbox: key, Tag: testTag, Segment: segment,
	}
}

const (
	text  = "Subject: x\r\n\r\nbody\r\n.\r\n"
	start = flash.Page + format.BatchHeaderSize
)

// oneMessage is a testSlots with one message for two mailboxes in slot 4, segment 8.
func oneMessage(t testing.TB) *testSlots {
	l := newTestSlots(t)
	l.slot(4, 8)
	l.message(4, start, twoRecipients(), []string{"To: 1\r\n", "To: second\r\n"}, text)
	return l
}

// readAll reads a message whole.
func readAll(t testing.TB, m *Message) string {
	t.Helper()
	p := make([]byte, m.Size())
	if n, err := m.ReadAt(p, 0); n < len(p) || err != nil && !errors.Is(err, io.EOF) {
		t.Fatalf("%d of %d bytes, %v", n, len(p), err)
	}
	return string(p)
}

var received = time.Unix(1000, 0)
