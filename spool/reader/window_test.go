package reader

import (
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"

	"pillarbox/spool/flash"
	"pillarbox/spool/format"
)

// sideBySide puts n small messages side by side in slot 4, segment 8, and returns where they are.
func sideBySide(l *testSlots, n int) (list []Location) {
	l.slot(4, 8)
	off := int64(start)
	for i := range n {
		m := twoRecipients()
		m.First.Seq = uint32(2 * i)
		off = format.Align8(off)
		list = append(list, at(4, off, 8, uint32(2*i), 1))
		off += l.message(4, off, m, []string{"", ""}, fmt.Sprint(text, i))
	}
	return list
}

// TestVerifyReadsTheDevice: verifying reads past the page cache, says how many bytes are stored,
// and pins nothing afterwards, whatever came of it.
func TestVerifyReadsTheDevice(t *testing.T) {
	l := oneMessage(t)
	where := at(4, start, 8, 6, 2)
	where.Verified = true // what was verified before is read again
	size, err := l.reader().Verify(where)
	if err != nil || size != int64(len("To: second\r\n"+text)) {
		t.Errorf("%d bytes, %v", size, err)
	}
	if l.reads > 0 || l.uncached == 0 || l.pinned() != 0 {
		t.Errorf("%d reads through the cache, %d past it, %d pins", l.reads, l.uncached, l.pinned())
	}
	l.dev.Corrupt("00004", start+l.size-1, 1)
	if _, err := l.reader().Verify(where); !errors.Is(err, format.ErrUnreadable) || l.pinned() != 0 {
		t.Errorf("a damaged one: %v, %d pins", err, l.pinned())
	}
	where.Segment = 9
	if _, err := l.reader().Verify(where); !errors.Is(err, format.ErrUnreadable) {
		t.Errorf("another segment: %v", err)
	}
	l.broken = errors.New("closed")
	if _, err := l.reader().Verify(where); !errors.Is(err, l.broken) {
		t.Errorf("a table that is closed: %v", err)
	}
}

// TestFaultIsNoDamage: a device that fails is not the same as bytes that are wrong.
func TestFaultIsNoDamage(t *testing.T) {
	l := oneMessage(t)
	l.fault = errors.New("no such luck")
	where := at(4, start, 8, 5, 1)
	w := NewWindow(l.reader())
	defer w.Close()
	_, open := l.open(l.reader(), where)
	_, verify := l.reader().Verify(where)
	_, window := w.Verify(where)
	for name, err := range map[string]error{"Open": open, "Verify": verify, "Window.Verify": window} {
		if !errors.Is(err, l.fault) || errors.Is(err, format.ErrUnreadable) {
			t.Errorf("%s: %v, want %v", name, err, l.fault)
		}
	}
	for err, want := range map[error]error{nil: format.ErrUnreadable, io.EOF: format.ErrUnreadable, io.ErrUnexpectedEOF: format.ErrUnreadable, l.fault: l.fault} {
		if got := Unreadable(err); !errors.Is(got, want) {
			t.Errorf("Unreadable(%v) is %v, want %v", err, got, want)
		}
	}
}

// TestWindowReadsSideBySide: messages that lie side by side cost one read for many, and their slot
// is pinned until another one is read, or Close.
func TestWindowReadsSideBySide(t *testing.T) {
	l := newTestSlots(t)
	list := sideBySide(l, 40)
	w := NewWindow(l.reader())
	for _, where := range list {
		if _, err := w.Verify(where); err != nil {
			t.Fatal(err)
		}
	}
	if l.uncached > 2 {
		t.Errorf("%d reads for %d messages side by side", l.uncached, len(list))
	}
	if l.pins[4] != 1 {
		t.Errorf("%d pins of the slot that is read", l.pins[4])
	}
	l.slot(5, 9)
	l.message(5, start, twoRecipients(), []string{"", ""}, text)
	if _, err := w.Verify(at(5, start, 9, 5, 1)); err != nil || l.pins[4] != 0 || l.pins[5] != 1 {
		t.Errorf("another slot: %v, pins %v", err, l.pins)
	}
	if errors.Join(w.Close(), w.Close()) != nil || l.pinned() != 0 {
		t.Errorf("%d pins after Close", l.pinned())
	}
}

// TestWindowReadsAgain: what a window has read before may have been written over since. A message
// that does not verify there is read again, and counts as what the device holds now.
func TestWindowReadsAgain(t *testing.T) {
	l := newTestSlots(t)
	list := sideBySide(l, 3)
	w := NewWindow(l.reader())
	defer w.Close()
	if _, err := w.Verify(list[0]); err != nil {
		t.Fatal(err)
	}
	later := twoRecipients() // another message where the second one was
	later.First.Seq = 90
	off := int64(list[1].Offset) * 8
	l.message(4, off, later, []string{"", ""}, text+"?")
	where := list[1]
	where.Seq = 90
	before := l.uncached
	if _, err := w.Verify(where); err != nil {
		t.Errorf("the message that is there now: %v", err)
	}
	if l.uncached == before {
		t.Error("nothing was read again: the test shows nothing")
	}
	l.dev.Corrupt("00004", int64(list[2].Offset)*8+40, 1)
	if _, err := w.Verify(at(4, int64(list[2].Offset)*8, 8, 77, 1)); !errors.Is(err, format.ErrUnreadable) {
		t.Errorf("a damaged one: %v", err)
	}
}

// TestWindowOfARecycledSlot: a slot that got another segment is not read through the window of the
// old one.
func TestWindowOfARecycledSlot(t *testing.T) {
	l := newTestSlots(t)
	list := sideBySide(l, 2)
	w := NewWindow(l.reader())
	defer w.Close()
	if _, err := w.Verify(list[0]); err != nil {
		t.Fatal(err)
	}
	l.segments[4] = 12
	l.message(4, start, twoRecipients(), []string{"", ""}, text)
	if _, err := w.Verify(at(4, start, 12, 5, 1)); err != nil {
		t.Errorf("the new segment: %v", err)
	}
	if l.pins[4] != 1 {
		t.Errorf("%d pins", l.pins[4])
	}
	l.segments[4] = 13
	if _, err := w.Verify(at(4, start, 14, 5, 1)); !errors.Is(err, format.ErrUnreadable) || l.pinned() != 0 {
		t.Errorf("a segment that is not there: %v, %d pins", err, l.pinned())
	}
}

// TestWindowVerifiesExtents: a window reads the extents of a message, too, in whatever slots.
func TestWindowVerifiesExtents(t *testing.T) {
	l := newTestSlots(t)
	l.slot(4, 8)
	l.slot(5, 9)
	m := twoRecipients()
	m.Extents = []format.Extent{l.extent(5, 3, strings.Repeat("x", 30_000))}
	l.message(4, start, m, []string{"", ""}, "")
	w := NewWindow(l.reader())
	size, err := w.Verify(at(4, start, 8, 5, 1))
	if err != nil || size != 30_000 || l.reads > 0 {
		t.Errorf("%d bytes, %v, %d reads through the cache", size, err, l.reads)
	}
	if l.pins[5] != 0 {
		t.Error("the slot of the extent is still pinned")
	}
	l.dev.Corrupt("00005", 3*flash.Page+29_999, 1)
	if _, err := w.Verify(at(4, start, 8, 5, 1)); !errors.Is(err, format.ErrUnreadable) {
		t.Errorf("a damaged extent: %v", err)
	}
	if w.Close(); l.pinned() != 0 {
		t.Errorf("%d pins are left", l.pinned())
	}
}

// TestUncachedReadsAnyRange: reads past the page cache are of whole pages; any range of them is
// what an ordinary read returns, also at the end of the file.
func TestUncachedReadsAnyRange(t *testing.T) {
	l := newTestSlots(t)
	l.slot(4, 8)
	want := make([]byte, testSlot)
	for i := range want {
		want[i] = byte(i * 7)
	}
	l.write(4, 0, want)
	u := uncached{l.files[4]}
	for _, c := range []struct{ off, n int }{
		{0, 1}, {0, 4096}, {1, 4095}, {1, 4096}, {4095, 2}, {4096, 8192}, {5000, 20_000}, {testSlot - 1, 1}, {testSlot - 5000, 5000},
	} {
		p := make([]byte, c.n)
		if n, err := u.ReadAt(p, int64(c.off)); n != c.n || err != nil || string(p) != string(want[c.off:c.off+c.n]) {
			t.Errorf("%d bytes at %d: %d, %v", c.n, c.off, n, err)
		}
	}
	p := make([]byte, 100)
	if n, err := u.ReadAt(p, testSlot-40); n != 40 || !errors.Is(err, io.EOF) || string(p[:n]) != string(want[testSlot-40:]) {
		t.Errorf("behind the end: %d, %v", n, err)
	}
	if n, err := u.ReadAt(p, testSlot+100); n != 0 || !errors.Is(err, io.EOF) {
		t.Errorf("far behind the end: %d, %v", n, err)
	}
}

// TestHeadOfALongRecord: a meta that is longer than what is read at once is read whole.
func TestHeadOfALongRecord(t *testing.T) {
	l := newTestSlots(t)
	l.slot(4, 8)
	m := twoRecipients()
	m.Recipients = nil
	heads := make([]string, 300)
	for i := range heads {
		m.Recipients = append(m.Recipients, format.Recipient{Key: format.Key(1<<62) + format.Key(i)})
		heads[i] = fmt.Sprintf("To: %d\r\n", i)
	}
	l.message(4, start, m, heads, text)
	for _, i := range []uint32{0, 150, 299} {
		msg, err := l.open(l.reader(), at(4, start, 8, 5+i, format.Key(1<<62+uint64(i))))
		if err != nil {
			t.Fatalf("recipient %d: %v", i, err)
		}
		if got := readAll(t, msg); got != heads[i]+text {
			t.Errorf("recipient %d reads %q", i, got)
		}
		msg.Close()
	}
	file := l.files[4]
	if _, _, _, err := Head(file, testSlot-8, testSlot, 0, nil); !errors.Is(err, format.ErrUnreadable) {
		t.Errorf("a frame that ends behind the slot: %v", err)
	}
}
