package spool

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"math/rand/v2"
	"slices"
	"testing"

	"pillarbox/spool/flash"
	"pillarbox/spool/flash/flashtest"
)

// seeded is a source of ids and tags that a test can repeat.
type seeded struct{ *rand.ChaCha8 }

func TestDeliverReadReopen(t *testing.T) {
	for _, mode := range []flash.Mode{flash.Recycle, flash.Append} {
		t.Run(mode.String(), func(t *testing.T) {
			dev := flashtest.New(flashtest.Options{Mode: mode})
			s := open(t, dev)
			small, large := mail("small", 500), mail("large", 200_000)
			for _, body := range []string{small, large} {
				if err := deliver(s, body, 1, 2); err != nil {
					t.Fatal(err)
				}
			}
			before := contents(t, s, 1)
			want := []string{own(1, large), own(1, small)}
			slices.Sort(want)
			if got := bodies(before); !slices.Equal(got, want) {
				t.Fatalf("mailbox 1 holds %d mails, not the two delivered", len(got))
			}
			if err := expungeAll(s, 2, none); err != nil {
				t.Fatal(err)
			}
			if err := s.Close(); err != nil {
				t.Fatal(err)
			}
			s = open(t, dev.Clone())
			if after := contents(t, s, 1); !maps.Equal(before, after) {
				t.Error("mailbox 1 changed by a restart")
			}
			if after := contents(t, s, 2); len(after) != 0 {
				t.Errorf("mailbox 2 holds %d expunged mails again", len(after))
			}
			recount(t, s)
		})
	}
}

func TestRecycleForEver(t *testing.T) {
	for _, mode := range []flash.Mode{flash.Recycle, flash.Append} {
		t.Run(mode.String(), func(t *testing.T) {
			dev := flashtest.New(flashtest.Options{Mode: mode})
			s := open(t, dev)
			if err := deliver(s, mail("kept", 300), 7); err != nil {
				t.Fatal(err)
			}
			for i := range 400 {
				size := 9000
				if i%10 == 0 {
					size = 60_000
				}
				if err := deliver(s, mail(fmt.Sprint("mail ", i), size), 1); err != nil {
					t.Fatalf("mail %d: %v (%+v)", i, err, s.Stats())
				}
				if i%3 == 2 {
					if err := expungeAll(s, 1, none); err != nil {
						t.Fatalf("mail %d: %v", i, err)
					}
				}
				if i%49 == 48 {
					before := contents(t, s, 1)
					s.Close()
					dev = dev.Clone()
					s = open(t, dev)
					if after := contents(t, s, 1); !maps.Equal(before, after) {
						t.Fatalf("mail %d: %d mails before a restart, %d after", i, len(before), len(after))
					}
				}
			}
			if st := s.Stats(); st.Slots > 16 {
				t.Errorf("%d slots in a spool of 16", st.Slots)
			}
			if got := contents(t, s, 7); len(got) != 1 {
				t.Errorf("the mail that nobody expunged is gone")
			}
			recount(t, s)
		})
	}
}

func TestFullSpool(t *testing.T) {
	s := open(t, flashtest.New(flashtest.Options{}))
	var n int
	for n = 0; ; n++ {
		if err := deliver(s, mail("fill", 9000), 1); errors.Is(err, ErrFull) {
			break
		} else if err != nil {
			t.Fatal(err)
		}
	}
	if n < 45 {
		t.Errorf("full after %d mails of 9 KB in 1 MiB", n)
	}
	if got := contents(t, s, 1); len(got) != n {
		t.Errorf("%d mails in a full spool, want %d", len(got), n)
	}
	if err := expungeAll(s, 1, func(i int) bool { return i <= n/3 }); err != nil {
		t.Fatalf("a delete in a full spool: %v", err)
	}
	for range n / 3 {
		if err := deliver(s, mail("again", 9000), 2); err != nil {
			t.Fatalf("after a delete: %v (%+v)", err, s.Stats())
		}
	}
}

func TestViewIsFrozen(t *testing.T) {
	s := open(t, flashtest.New(flashtest.Options{}))
	for i := range 5 {
		if err := deliver(s, mail(fmt.Sprint("m", i), 200), 1); err != nil {
			t.Fatal(err)
		}
	}
	v, _ := s.View(1)
	uid := string(v.AppendUID(nil, 4))
	want, _, _ := readMessage(v, 4)
	if err := deliver(s, mail("late", 200), 1); err != nil {
		t.Fatal(err)
	}
	if err := expungeAll(s, 1, none); err != nil {
		t.Fatal(err)
	}
	if v.Len() != 5 || string(v.AppendUID(nil, 4)) != uid {
		t.Errorf("the view changed: %d messages", v.Len())
	}
	if got, _, err := readMessage(v, 4); err != nil || got != want {
		t.Errorf("what another session expunged is not readable at once: %v", err)
	}
	if err := v.Expunge(context.Background(), slices.Values([]int{1, 2})); err != nil {
		t.Errorf("expunging what is gone: %v", err)
	}
	for i := 0; ; i++ {
		if err := deliver(s, mail("churn", 9000), 2); err != nil {
			t.Fatal(err)
		}
		if err := expungeAll(s, 2, none); err != nil {
			t.Fatal(err)
		}
		if _, _, err := readMessage(v, 4); errors.Is(err, ErrGone) {
			break
		} else if err != nil {
			t.Fatal(err)
		}
		if i > 1000 {
			t.Fatal("the space of an expunged message is never used again")
		}
	}
}

func TestOneFlushACommit(t *testing.T) {
	dev := flashtest.New(flashtest.Options{})
	s := open(t, dev)
	if err := deliver(s, mail("first", 4096), 1); err != nil {
		t.Fatal(err)
	}
	before := dev.Stats()
	const n = 5
	for range n {
		if err := deliver(s, mail("mail", 3000), 1); err != nil {
			t.Fatal(err)
		}
	}
	if err := expungeAll(s, 1, none); err != nil {
		t.Fatal(err)
	}
	after := dev.Stats()
	if flushes := after.Flushes - before.Flushes; flushes != n+1 {
		t.Errorf("%d flushes for %d mails and a delete", flushes, n)
	}
	if bytes := after.Bytes - before.Bytes; bytes != (n+1)*flash.Page {
		t.Errorf("%d bytes written for %d mails of 3000 bytes and a delete, want a page each", bytes, n)
	}
}

func TestAbortLeavesNothing(t *testing.T) {
	s := open(t, flashtest.New(flashtest.Options{}))
	for _, size := range []int{100, 100_000} {
		d, err := begin(s, 1)
		if err != nil {
			t.Fatal(err)
		}
		io.WriteString(d, mail("broken off", size))
		d.Abort()
		d.Abort()
	}
	if got := contents(t, s, 1); len(got) != 0 {
		t.Errorf("%d mails that were broken off", len(got))
	}
	if n := s.log.Staging().InUse(); n != 0 {
		t.Errorf("%d bytes are still counted as on their way", n)
	}
	recount(t, s)
}

func TestManySenders(t *testing.T) {
	dev := flashtest.New(flashtest.Options{})
	opt := options(dev)
	opt.Capacity = 200 * testSlot
	s, err := Open(context.Background(), opt)
	if err != nil {
		t.Fatal(err)
	}
	const senders, each = 16, 20
	errs := make(chan error)
	for k := range senders {
		go func() {
			var err error
			for i := range each {
				size := 3000
				if i%5 == 0 {
					size = 40_000
				}
				err = errors.Join(err, deliver(s, mail(fmt.Sprintf("%d of %d", i, k), size), Key(k+1), 100))
			}
			errs <- err
		}()
	}
	for range senders {
		if err := <-errs; err != nil {
			t.Error(err)
		}
	}
	if got := contents(t, s, 100); len(got) != senders*each {
		t.Errorf("%d mails, want %d", len(got), senders*each)
	}
	recount(t, s)
}

func TestMessageReadAt(t *testing.T) {
	s := open(t, flashtest.New(flashtest.Options{}))
	body := mail("parts", 100_000)
	if err := deliver(s, body, 1, 2); err != nil {
		t.Fatal(err)
	}
	v, _ := s.View(2)
	m, err := v.Message(1)
	if err != nil {
		t.Fatal(err)
	}
	defer m.Close()
	want := []byte(own(2, body))
	for _, off := range []int{0, 1, 17, 18, 4095, 60_000, len(want) - 1} {
		got := make([]byte, min(50_000, len(want)-off))
		if _, err := m.ReadAt(got, int64(off)); err != nil || !bytes.Equal(got, want[off:off+len(got)]) {
			t.Errorf("%d bytes at %d are not what was delivered (%v)", len(got), off, err)
		}
	}
	if n, err := m.ReadAt(make([]byte, 10), int64(len(want)-4)); n != 4 || err != io.EOF {
		t.Errorf("reading over the end: %d bytes, %v; want 4 and EOF", n, err)
	}
}

// TestPinnedBytesStay reads a message that was expunged while others fill the spool over and over.
func TestPinnedBytesStay(t *testing.T) {
	for _, size := range []int{300, 40_000} {
		s := open(t, flashtest.New(flashtest.Options{}))
		body := mail("pinned", size)
		if err := deliver(s, body, 1); err != nil {
			t.Fatal(err)
		}
		v, _ := s.View(1)
		m, err := v.Message(1)
		if err != nil {
			t.Fatal(err)
		}
		for i := range 100 {
			if err := deliver(s, mail("churn", 12_000+i%3*20_000), 2); err != nil {
				t.Fatal(err)
			}
			if err := errors.Join(expungeAll(s, 1, none), expungeAll(s, 2, none)); err != nil {
				t.Fatal(err)
			}
		}
		got := make([]byte, m.Size())
		if _, err := m.ReadAt(got, 0); err != nil || string(got) != own(1, body) {
			t.Errorf("a message of %d bytes changed while it was read (%v)", size, err)
		}
		m.Close()
		for i := 0; ; i++ { // nothing but the pin has kept the space
			m, err := v.Message(1)
			if errors.Is(err, ErrGone) {
				break
			}
			if err != nil || i > 100 {
				t.Fatalf("a message of %d bytes that is not read any more: %v, want %v", size, err, ErrGone)
			}
			m.Close()
			must(t, errors.Join(deliver(s, mail("churn", 12_000+i%3*20_000), 2), expungeAll(s, 2, none)))
		}
	}
}

// TestFullFileSystem: with no byte left for another slot, deletes go through and make room for mail
// again.
func TestFullFileSystem(t *testing.T) {
	for _, mode := range []flash.Mode{flash.Recycle, flash.Append} {
		t.Run(mode.String(), func(t *testing.T) {
			s := open(t, flashtest.New(flashtest.Options{Mode: mode, Capacity: 9 * testSlot}))
			if err := s.Maintain(context.Background()); err != nil {
				t.Fatal(err)
			}
			n := 0
			for ; ; n++ {
				if err := deliver(s, mail("fill", 9000), 1); errors.Is(err, ErrFull) || errors.Is(err, ErrFault) {
					break
				} else if err != nil {
					t.Fatal(err)
				}
			}
			for i := range n { // one at a time: they fill a segment of their own
				if err := expungeAll(s, 1, func(n int) bool { return n > 1 }); err != nil {
					t.Fatalf("delete %d of %d: %v (%+v)", i, n, err, s.Stats())
				}
			}
			for i := range n / 2 {
				if err := deliver(s, mail("again", 9000), 1); err != nil {
					t.Fatalf("mail %d after the deletes: %v (%+v)", i, err, s.Stats())
				}
			}
		})
	}
}
