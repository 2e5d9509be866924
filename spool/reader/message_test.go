package reader

import (
	"errors"
	"io"
	"strings"
	"testing"

	"pillarbox/spool/flash"
	"pillarbox/spool/format"
)

// TestRecipientReadsItsOwnHead: each recipient reads its own head and the mail, and nothing of the
// heads of the others.
func TestRecipientReadsItsOwnHead(t *testing.T) {
	for _, c := range []struct {
		key  format.Key
		seq  uint32
		head string
	}{{1, 5, "To: 1\r\n"}, {2, 6, "To: second\r\n"}} {
		l := oneMessage(t)
		m, err := l.open(l.reader(), at(4, start, 8, c.seq, c.key))
		if err != nil {
			t.Fatal(err)
		}
		if got := readAll(t, m); got != c.head+text {
			t.Errorf("mailbox %d reads %q, want %q", c.key, got, c.head+text)
		}
		if m.Size() != int64(len(c.head+text)) || m.HeaderSize() != int64(len(c.head)+10) {
			t.Errorf("mailbox %d: %d bytes, a header of %d", c.key, m.Size(), m.HeaderSize())
		}
		if o := m.Origin(); o.From != "a@b" || !o.Received.Equal(received) {
			t.Errorf("origin %+v", o)
		}
		if l.pinned() != 1 {
			t.Errorf("%d pins while it is open", l.pinned())
		}
		if errors.Join(m.Close(), m.Close()) != nil || l.pinned() != 0 {
			t.Errorf("%d pins after two Closes", l.pinned())
		}
	}
}

// TestOpenRefuses: bytes that do not verify, or that are another message, are never served, and the
// slot is released.
func TestOpenRefuses(t *testing.T) {
	there := at(4, start, 8, 5, 1)
	with := func(change func(at *Location)) Location {
		at := there
		change(&at)
		return at
	}
	head := int64(format.FrameSize)
	const none, last = -1, -2
	for _, c := range []struct {
		name    string
		at      Location
		corrupt int64 // from the beginning of the record; none: nothing
	}{
		{"checksum of the head", there, 0},
		{"length", there, 4},
		{"length of the meta", there, 8},
		{"kind", there, 12},
		{"zeros of the frame", there, 14},
		{"tag of the frame", there, 17},
		{"meta", there, head + 4},
		{"head of the other recipient", there, head + 60},
		{"the last byte", there, last},
		{"another mailbox", with(func(a *Location) { a.Mailbox = 2 }), none},
		{"another open", with(func(a *Location) { a.Tag++ }), none},
		{"another epoch", with(func(a *Location) { a.Epoch++ }), none},
		{"a number before the first", with(func(a *Location) { a.Seq = 4 }), none},
		{"a number behind the last", with(func(a *Location) { a.Seq = 7 }), none},
		{"another segment's seed", with(func(a *Location) { a.Segment = 9 }), none},
		{"the middle of a record", with(func(a *Location) { a.Offset++ }), none},
		{"the end of the slot", with(func(a *Location) { a.Offset = testSlot/8 - 1 }), none},
		{"zeros", with(func(a *Location) { a.Offset = 5 * flash.Page / 8 }), none},
	} {
		t.Run(c.name, func(t *testing.T) {
			l := oneMessage(t)
			if c.at.Segment != 8 {
				l.segments[4] = c.at.Segment // the index says so
			}
			switch c.corrupt {
			case none:
			case last:
				l.dev.Corrupt("00004", start+l.size-1, 1)
			default:
				l.dev.Corrupt("00004", start+c.corrupt, 1)
			}
			m, err := l.open(l.reader(), c.at)
			if !errors.Is(err, format.ErrUnreadable) || m != nil {
				t.Errorf("%v, want %v", err, format.ErrUnreadable)
			}
			if l.pinned() != 0 {
				t.Errorf("%d pins are left", l.pinned())
			}
		})
	}
}

// TestMetaIsCompared: a record whose checksums are right, and whose meta contradicts itself.
func TestMetaIsCompared(t *testing.T) {
	l := newTestSlots(t)
	l.slot(4, 8)
	m := twoRecipients()
	seed := l.format.Seed(8)
	m.Tag = testTag
	m.Recipients[0].Head = 1000 // the body has fewer
	m.Sum = seed
	record := format.AppendHead(nil, format.KindMessage, testTag, seed, m.Encode(nil), 0)
	l.write(4, start, record)
	if _, err := l.open(l.reader(), at(4, start, 8, 5, 1)); !errors.Is(err, format.ErrUnreadable) {
		t.Errorf("heads longer than the body: %v", err)
	}
	record = format.AppendHead(nil, format.KindTombstones, testTag, seed, m.Encode(nil), 0)
	l.write(4, start, record)
	if _, err := l.open(l.reader(), at(4, start, 8, 5, 1)); !errors.Is(err, format.ErrUnreadable) {
		t.Errorf("a record of another kind: %v", err)
	}
	record = format.AppendHead(nil, format.KindMessage, testTag, seed, []byte{0x91, 0x01}, 0)
	l.write(4, start, record)
	if _, err := l.open(l.reader(), at(4, start, 8, 5, 1)); !errors.Is(err, format.ErrUnreadable) {
		t.Errorf("a meta that is none: %v", err)
	}
}

// TestVerifiedIsNotReadTwice: a message that this process has verified is opened with the read of
// its head; what was damaged since is not noticed then, which is the price.
func TestVerifiedIsNotReadTwice(t *testing.T) {
	l := newTestSlots(t)
	l.slot(4, 8)
	body := "Subject: x\r\n\r\n" + strings.Repeat("long\r\n", 5000) + ".\r\n"
	l.message(4, start, twoRecipients(), []string{"", ""}, body)
	where := at(4, start, 8, 5, 1)
	where.Octets = uint32(len(body) - 3)
	open := func() int {
		t.Helper()
		l.reads = 0
		m, err := l.open(l.reader(), where)
		if err != nil {
			t.Fatal(err)
		}
		m.Close()
		return l.reads
	}
	first := open()
	where.Verified = true
	if second := open(); second != 1 || first < 2 {
		t.Errorf("%d reads the first time and %d when it is verified, want more than 1, and 1", first, second)
	}
}

// TestSmallMessageIsOneRead: a small message is read whole with its head, and ReadAt reads nothing
// more; a large one is read when it is asked for. The buffer is used again.
func TestSmallMessageIsOneRead(t *testing.T) {
	l := oneMessage(t)
	r := l.reader()
	where := at(4, start, 8, 5, 1)
	where.Verified = true
	m, err := l.open(r, where)
	if err != nil {
		t.Fatal(err)
	}
	l.fault = errors.New("nothing more is read")
	if l.reads != 1 || readAll(t, m) != "To: 1\r\n"+text {
		t.Errorf("%d reads", l.reads)
	}
	buffer := m.prefetched.buffer
	m.Close()
	l.fault = nil
	if again, err := l.open(r, where); err != nil || again.prefetched.buffer == nil {
		t.Errorf("no buffer (%v)", err)
	} else if again.Close(); buffer == nil {
		t.Error("there was none before")
	}
	where.Octets = prefetchSize
	m, err = l.open(r, where)
	if err != nil || m.prefetched.buffer != nil {
		t.Errorf("a large message holds a buffer (%v)", err)
	}
	before := l.reads
	if readAll(t, m); l.reads == before {
		t.Error("a large message was not read")
	}
	m.Close()
}

// TestReadAtAcrossParts: any range of a message of several parts reads as a range of the whole.
func TestReadAtAcrossParts(t *testing.T) {
	l := newTestSlots(t)
	l.slot(4, 8)
	l.slot(5, 9)
	m := twoRecipients()
	m.Extents = []format.Extent{l.extent(5, 1, strings.Repeat("a", 5000)), l.extent(5, 6, strings.Repeat("b", 100)), l.extent(5, 9, "c")}
	l.message(4, start, m, []string{"first\r\n", "second\r\n"}, "")
	want := "second\r\n" + strings.Repeat("a", 5000) + strings.Repeat("b", 100) + "c"
	msg, err := l.open(l.reader(), at(4, start, 8, 6, 2))
	if err != nil {
		t.Fatal(err)
	}
	defer msg.Close()
	if got := readAll(t, msg); got != want {
		t.Fatalf("it reads %d bytes, want %d", len(got), len(want))
	}
	for off := 0; off <= len(want); off += 7 {
		for _, n := range []int{1, 8, 93, 5001} {
			p := make([]byte, n)
			k, err := msg.ReadAt(p, int64(off))
			end := min(len(want), off+n)
			if string(p[:k]) != want[off:end] || (k < n) != errors.Is(err, io.EOF) {
				t.Fatalf("%d bytes at %d: %d, %v", n, off, k, err)
			}
		}
	}
	if _, err := msg.ReadAt(make([]byte, 1), -1); err == nil {
		t.Error("bytes before the first one were read")
	}
	l.fault = errors.New("no such luck")
	if _, err := msg.ReadAt(make([]byte, 10), 100); !errors.Is(err, l.fault) {
		t.Errorf("a device that fails: %v", err)
	}
}

// TestExtentsArePinned: the slots of all extents are pinned until Close; if one holds another
// segment, or does not verify, the message is not served and all are released.
func TestExtentsArePinned(t *testing.T) {
	build := func() (*testSlots, Location) {
		l := newTestSlots(t)
		l.slot(4, 8)
		l.slot(5, 9)
		l.slot(6, 10)
		m := twoRecipients()
		m.Extents = []format.Extent{l.extent(5, 1, strings.Repeat("a", 9000)), l.extent(6, 2, "end\r\n.\r\n")}
		l.message(4, start, m, []string{"", ""}, "")
		return l, at(4, start, 8, 5, 1)
	}
	l, where := build()
	m, err := l.open(l.reader(), where)
	if err != nil || l.pinned() != 3 {
		t.Fatalf("%v, %d pins", err, l.pinned())
	}
	if m.Close(); l.pinned() != 0 {
		t.Errorf("%d pins after Close", l.pinned())
	}
	for name, damage := range map[string]func(l *testSlots){
		"first extent":                      func(l *testSlots) { l.dev.Corrupt("00005", flash.Page+8999, 1) },
		"second extent":                     func(l *testSlots) { l.dev.Corrupt("00006", 2*flash.Page, 1) },
		"a slot that holds another segment": func(l *testSlots) { l.segments[6] = 11 },
	} {
		l, where := build()
		damage(l)
		if _, err := l.open(l.reader(), where); !errors.Is(err, format.ErrUnreadable) {
			t.Errorf("%s: %v, want %v", name, err, format.ErrUnreadable)
		}
		if l.pinned() != 0 {
			t.Errorf("%s: %d pins are left", name, l.pinned())
		}
		where.Verified = true
		_, err := l.open(l.reader(), where)
		if other := l.segments[6] == 11; (err != nil) != other {
			t.Errorf("%s, of a message that was verified: %v", name, err)
		}
	}
}

// TestPartsAreJoined: a head that lies in front of its mail is one part with it, as are extents
// that follow each other; files that are none have no extents to send from.
func TestPartsAreJoined(t *testing.T) {
	l := newTestSlots(t)
	l.slot(4, 8)
	l.slot(5, 9)
	m := twoRecipients()
	m.Extents = []format.Extent{l.extent(5, 1, strings.Repeat("a", flash.Page)), l.extent(5, 2, "b")}
	l.message(4, start, m, []string{"first\r\n", "second\r\n"}, "mail")
	for seq, want := range map[uint32]int{5: 3, 6: 2} { // the last head is in front of the mail
		msg, err := l.open(l.reader(), at(4, start, 8, seq, format.Key(seq-4)))
		if err != nil {
			t.Fatal(err)
		}
		if len(msg.parts) != want {
			t.Errorf("recipient %d: %d parts, want %d", seq-4, len(msg.parts), want)
		}
		if msg.Extents() != nil {
			t.Error("bytes in memory have files to send from")
		}
		msg.Close()
	}
}
