package reader

import (
	"io"
	"strings"
	"testing"

	"pillarbox/spool/format"
)

// TestRecycle: the memory of a message is used for the next one, which has nothing of the first. A
// message that is not recycled is never used again, so that a second Close does nothing.
func TestRecycle(t *testing.T) {
	l := oneMessage(t)
	r := l.reader()
	open := func(seq uint32, key format.Key, want string) *Message {
		t.Helper()
		m, err := l.open(r, at(4, start, 8, seq, key))
		if err != nil {
			t.Fatal(err)
		}
		if got := readAll(t, m); got != want {
			t.Fatalf("it reads %q, want %q", got, want)
		}
		return m
	}
	first := open(5, 1, "To: 1\r\n"+text)
	first.Close()
	second := open(6, 2, "To: second\r\n"+text)
	if first == second {
		t.Fatal("a message that was closed is another one now")
	}
	second.Recycle()
	second.Recycle()
	if n, err := second.ReadAt(make([]byte, 1), 0); n != 0 || err != io.EOF || second.Origin().From != "" || second.Size() != 0 {
		t.Errorf("a recycled message has %d octets, %v", n, err)
	}
	a, b := open(5, 1, "To: 1\r\n"+text), open(6, 2, "To: second\r\n"+text)
	if a == b {
		t.Fatal("two messages have the same memory")
	}
	if l.pinned() != 2 {
		t.Errorf("%d pins, want 2", l.pinned())
	}
	a.Recycle()
	if got := readAll(t, b); got != "To: second\r\n"+text || b.Origin().From != "a@b" || l.pinned() != 1 {
		t.Errorf("beside a recycled one it reads %q, %d pins", got, l.pinned())
	}
	b.Recycle()
	if l.pinned() != 0 {
		t.Errorf("%d pins at the end", l.pinned())
	}
}

// TestOriginOfAnySize: the origin of a small message is decoded when Origin is called. That of a
// large message, or of one with a large head, is decoded when the message is opened.
func TestOriginOfAnySize(t *testing.T) {
	for name, c := range map[string]struct {
		octets     uint32
		recipients int
	}{
		"small":           {100, 2},
		"large":           {prefetchSize, 2},
		"many recipients": {100, format.MaxRecipients},
	} {
		t.Run(name, func(t *testing.T) {
			l := newTestSlots(t)
			l.slot(4, 8)
			m := twoRecipients()
			for len(m.Recipients) < c.recipients {
				m.Recipients = append(m.Recipients, format.Recipient{Key: 9})
			}
			l.message(4, start, m, make([]string, len(m.Recipients)), text)
			where := at(4, start, 8, 6, 2)
			where.Octets = c.octets
			msg, err := l.open(l.reader(), where)
			if err != nil {
				t.Fatal(err)
			}
			defer msg.Close()
			if o := msg.Origin(); o.From != "a@b" || !o.Received.Equal(received) || readAll(t, msg) != text {
				t.Errorf("origin %+v", o)
			}
		})
	}
}

// TestNoAllocation: a small message that was verified is found, read and recycled without an
// allocation, so that a client that retrieves thousands makes no work for the garbage collector.
func TestNoAllocation(t *testing.T) {
	l := newTestSlots(t)
	l.slot(4, 8)
	m := twoRecipients()
	m.From = strings.Repeat("a", 50) + "@example.org"
	l.message(4, start, m, []string{"To: 1\r\n", "To: second\r\n"}, text)
	r, where := l.reader(), at(4, start, 8, 5, 1)
	where.Verified = true
	p := make([]byte, len(text))
	got := testing.AllocsPerRun(100, func() {
		m, err := l.open(r, where)
		if err != nil {
			t.Fatal(err)
		}
		m.ReadAt(p, 0)
		m.Recycle()
	})
	if got > most {
		t.Errorf("%.0f allocations", got)
	}
}
