package spool

import (
	"context"
	"encoding/binary"
	"fmt"
	"io"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"pillarbox/spool/flash"
)

const testSlot = MinSlotSize

func newSeeded(n uint64) io.Reader {
	var seed [32]byte
	binary.LittleEndian.PutUint64(seed[:], n)
	return seeded{rand.NewChaCha8(seed)}
}

// repeat is how often a test that goes one way does the same: a tenth of n with -short, for the
// race detector learns nothing from the rest.
func repeat(n int) int {
	if testing.Short() {
		return n / 10
	}
	return n
}

func options(vol flash.Volume) Options {
	return Options{Volume: vol, SlotSize: testSlot, Capacity: 16 * testSlot, MaxMessage: 1 << 20, MailboxShare: 100}
}

func open(t testing.TB, vol flash.Volume) *Spool {
	t.Helper()
	s, err := Open(context.Background(), options(vol))
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// mail makes a mail in wire form of about n bytes that tells its name.
func mail(name string, n int) string {
	var b strings.Builder
	fmt.Fprintf(&b, "Subject: %s\r\n\r\n", name)
	for i := 0; b.Len() < n; i++ {
		fmt.Fprintf(&b, "%s line %d\r\n", name, i)
	}
	return b.String() + ".\r\n"
}

func shapeOf(body string) Shape {
	return Shape{Octets: int64(len(body) - 3), Header: int64(strings.Index(body, "\r\n\r\n") + 4)}
}

func begin(s *Spool, to ...Key) (*Delivery, error) {
	var list []Recipient
	for _, k := range to {
		list = append(list, Recipient{Mailbox: k, Head: fmt.Appendf(nil, "Delivered-To: %d\r\n", k)})
	}
	return s.Begin(context.Background(), Envelope{From: "a@b"}, list)
}

func deliver(s *Spool, body string, to ...Key) error {
	d, err := begin(s, to...)
	if err != nil {
		return err
	}
	defer d.Abort()
	if _, err := io.WriteString(d, body); err != nil {
		return err
	}
	return d.Commit(context.Background(), shapeOf(body))
}

// held is what one mailbox holds: unique-id to stored bytes.
type held map[string]string

// contents reads a whole mailbox, and checks what every view must hold to.
func contents(t testing.TB, s *Spool, key Key) held {
	t.Helper()
	h, err := read(s, key)
	if err != nil {
		t.Fatal(err)
	}
	return h
}

func read(s *Spool, key Key) (held, error) {
	v, err := s.View(key)
	if err != nil {
		return nil, err
	}
	defer v.Close()
	h := make(held)
	for n := 1; n <= v.Len(); n++ {
		uid := string(v.AppendUID(nil, n))
		body, header, err := readMessage(v, n)
		if err != nil {
			return nil, fmt.Errorf("message %d: %w", n, err)
		}
		if int64(len(body)-3) != v.Octets(n) {
			return nil, fmt.Errorf("message %d: %d octets listed, %d stored", n, v.Octets(n), len(body)-3)
		}
		if end := strings.Index(body, "\r\n\r\n") + 4; int64(end) != header {
			return nil, fmt.Errorf("message %d: header of %d bytes, want %d", n, header, end)
		}
		if _, twice := h[uid]; twice {
			return nil, fmt.Errorf("message %d: unique-id %s a second time", n, uid)
		}
		h[uid] = body
	}
	return h, nil
}

func readMessage(v *View, n int) (body string, header int64, err error) {
	m, err := v.Message(n)
	if err != nil {
		return "", 0, err
	}
	defer m.Close()
	b := make([]byte, m.Size())
	if k, err := m.ReadAt(b, 0); k < len(b) {
		return "", 0, err
	}
	return string(b), m.HeaderSize(), nil
}

func expungeAll(s *Spool, key Key, keep func(n int) bool) error {
	v, err := s.View(key)
	if err != nil {
		return err
	}
	defer v.Close()
	return v.Expunge(context.Background(), func(yield func(int) bool) {
		for n := 1; n <= v.Len(); n++ {
			if !keep(n) && !yield(n) {
				return
			}
		}
	})
}

func none(int) bool { return false }

func bodies(h held) []string { return slices.Sorted(maps.Values(h)) }

func own(key Key, body string) string { return fmt.Sprintf("Delivered-To: %d\r\n", key) + body }

// recount checks the live counters against the index (they are kept, not counted).
func recount(t testing.TB, s *Spool) {
	t.Helper()
	if err := s.recount(); err != nil {
		t.Error(err)
	}
}
