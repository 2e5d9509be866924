package spool

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"testing"
	"time"

	"pillarbox/spool/commit"
	"pillarbox/spool/index"

	"pillarbox/spool/flash/flashtest"
)

// TestFloodOfTinyMessages fills the index with messages of two octets: at its bound mail is
// refused, for one recipient and for twenty, and a start with the same bound serves, deletes, and
// takes mail again.
func TestFloodOfTinyMessages(t *testing.T) {
	const entries = 3000
	tests := []struct {
		name       string
		recipients int
		extra      int64 // bytes of the index for each message, beside its entries
	}{
		{"one recipient", 1, 0},
		{"an alias of twenty", 20, index.RecordBytes},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var to []Key
			for i := range tt.recipients {
				to = append(to, Key(i+1))
			}
			dev := flashtest.New(flashtest.Options{Capacity: 64 << 20})
			opt := Options{Volume: dev, Capacity: 32 << 20, SlotSize: 256 << 10, MailboxShare: 100, IndexBytes: entries * index.EntryBytes}
			s, err := Open(context.Background(), opt)
			must(t, err)
			taken := 0
			for ; ; taken++ {
				if err = deliver(s, "\r\n.\r\n", to...); err != nil {
					break
				}
				if taken > entries {
					t.Fatal("nothing was refused")
				}
			}
			most := opt.IndexBytes / (int64(tt.recipients)*index.EntryBytes + tt.extra)
			if st := s.Stats(); !errors.Is(err, ErrFull) || int64(taken) < most-1 || int64(taken) > most || st.Index > opt.IndexBytes {
				t.Fatalf("after %d messages, of %d: %v, %+v", taken, most, err, st)
			}
			s.Close()
			s, err = Open(context.Background(), opt)
			must(t, err)
			defer s.Close()
			if st := s.Stats(); st.Crowded != (tt.recipients == 1) || st.Hidden > 0 || st.Messages != taken*tt.recipients {
				t.Fatalf("after a restart: %+v", st)
			}
			if _, err := begin(s, to...); !errors.Is(err, ErrFull) { // before a byte of it is written
				t.Errorf("after a restart there is room: %v", err)
			}
			v, err := s.View(1)
			must(t, err)
			for n := 1; n <= v.Len(); n++ {
				if body, _, err := readMessage(v, n); err != nil || body != own(1, "\r\n.\r\n") {
					t.Fatalf("message %d: %q, %v", n, body, err)
				}
			}
			v.Close()
			for _, key := range to {
				must(t, expungeAll(s, key, func(n int) bool { return n > taken/2 }))
			}
			if err := deliver(s, "\r\n.\r\n", to...); err != nil || s.Stats().Crowded {
				t.Errorf("after half of it was deleted: %v, %+v", err, s.Stats())
			}
			recount(t, s)
		})
	}
}

// TestUnfinishedDeliveriesCount: what is on its way has its memory reserved, so that senders
// together do not pass the bound.
func TestUnfinishedDeliveriesCount(t *testing.T) {
	opt := options(flashtest.New(flashtest.Options{}))
	opt.IndexBytes = 10*index.EntryBytes + 8 // of one open
	s, err := Open(context.Background(), opt)
	must(t, err)
	defer s.Close()
	var started []*Delivery
	for range 10 {
		d, err := begin(s, 1)
		must(t, err)
		started = append(started, d)
	}
	if _, err := begin(s, 1); !errors.Is(err, ErrFull) {
		t.Fatalf("the eleventh: %v", err)
	}
	started[0].Abort()
	d, err := begin(s, 1)
	must(t, err)
	for _, d := range append(started[1:], d) {
		if _, err := d.Write([]byte(mail("m", 20))); err != nil {
			t.Fatal(err)
		}
		must(t, d.Commit(context.Background(), shapeOf(mail("m", 20))))
	}
	if _, err := begin(s, 1); !errors.Is(err, ErrFull) {
		t.Errorf("the index is full: %v", err)
	}
	if n := s.index.Probe().Reserved(); n != 0 {
		t.Errorf("%d bytes are reserved for nothing", n)
	}
}

// TestLabelsAreBounded: labels count, and are refused when the index takes twice its bound.
func TestLabelsAreBounded(t *testing.T) {
	const messages = 100
	opt := options(flashtest.New(flashtest.Options{}))
	opt.IndexBytes = messages * index.EntryBytes
	s, err := Open(context.Background(), opt)
	must(t, err)
	defer s.Close()
	putMany(t, s, 1, messages)
	v, err := s.View(1)
	must(t, err)
	defer v.Close()
	all := func(yield func(int) bool) {
		for n := 1; n <= v.Len() && yield(n); n++ {
		}
	}
	given := 0
	for ; ; given++ {
		err = v.Update(context.Background(), Change{Marks: []Mark{{fmt.Sprint("view:", given), 1, all}}})
		if err != nil {
			break
		}
	}
	if !errors.Is(err, ErrFull) || given != 1 { // 12 of 24 bytes, and the names of the labels
		t.Errorf("%d labels of %d messages, then %v", given, messages, err)
	}
	if st := s.Stats(); st.Index <= opt.IndexBytes || st.Index > index.LabelShare*opt.IndexBytes {
		t.Errorf("the index takes %d bytes of %d", st.Index, opt.IndexBytes)
	}
	must(t, v.Expunge(context.Background(), all))
}

// TestEntriesHaveTheirFinalSize: a message costs at most 25 bytes, as the heap grows at a start,
// whatever is in the segments beside it, and as mail comes.
func TestEntriesHaveTheirFinalSize(t *testing.T) {
	const n, most, slack = 60_000, 25, 64 << 10
	dev := flashtest.New(flashtest.Options{Capacity: 128 << 20})
	opt := Options{Volume: dev, Capacity: 64 << 20, MailboxShare: 100}
	s, err := Open(context.Background(), opt)
	must(t, err)
	putMany(t, s, 1, n)
	putMany(t, s, 2, n/2) // in the same segments, and expunged
	must(t, expungeAll(s, 2, none))
	if room := boxOf(s, 1).Entries.Room(); room > n+index.EntriesPerChunk {
		t.Errorf("room for %d entries after %d messages", room, n)
	}
	s.Close()
	before := heap()
	s, err = Open(context.Background(), opt)
	must(t, err)
	defer s.Close()
	if grown := heap() - before - footers(s); grown > n*most+slack {
		t.Errorf("a start with %d messages takes %d bytes, %d each", n, grown, grown/n)
	}
	if room := boxOf(s, 1).Entries.Room(); room > n+index.EntriesPerChunk {
		t.Errorf("room for %d entries after a start with %d messages", room, n)
	}
}

// footers returns the memory of the footers of segments that are being written.
func footers(s *Spool) (n int64) {
	for _, at := range []commit.Position{hot(s), cold(s)} {
		if at.Foot != nil {
			n += int64(cap(at.Foot.Messages) + cap(at.Foot.TombstoneBytes))
		}
	}
	return n
}

// TestLargeChangeInParts: a change of more messages than a batch holds is made in parts, all of
// them.
func TestLargeChangeInParts(t *testing.T) {
	const n = 2*testSlot/changeShare + 100
	opt := options(flashtest.New(flashtest.Options{Capacity: 64 << 20}))
	opt.Capacity = 256 * testSlot
	s, err := Open(context.Background(), opt)
	must(t, err)
	defer s.Close()
	putMany(t, s, 1, n)
	v, err := s.View(1)
	must(t, err)
	defer v.Close()
	all := func(yield func(int) bool) {
		for n := 1; n <= v.Len() && yield(n); n++ {
		}
	}
	must(t, v.Update(context.Background(), Change{Marks: []Mark{{"seen", 3, all}}}))
	for i, day := range marked(t, s, 1, "seen") {
		if day != 3 {
			t.Fatalf("message %d of %d has no label", i+1, n)
		}
	}
	must(t, v.Expunge(context.Background(), all))
	if left := s.Stats().Messages; left != 0 {
		t.Errorf("%d of %d messages are left", left, n)
	}
	recount(t, s)
}

// TestViewKeepsEntriesFromBeingCopied: entries are removed when that frees memory, and not while a
// view holds them.
func TestViewKeepsEntriesFromBeingCopied(t *testing.T) {
	const n = 4 * index.SweepRows
	s := open(t, flashtest.New(flashtest.Options{}))
	defer s.Close()
	putMany(t, s, 1, n)
	box := boxOf(s, 1)
	v, err := s.View(1)
	must(t, err)
	must(t, expungeAll(s, 1, func(i int) bool { return i > n*5/8 }))
	if box.Entries.N != n {
		t.Errorf("%d of %d entries while a view has them all", box.Entries.N, n)
	}
	v.Close()
	v.Close()
	if box.Entries.N != n*3/8 || box.Views != 0 {
		t.Errorf("%d entries for %d messages, %d views", box.Entries.N, n*3/8, box.Views)
	}
}

// TestStartReadsCopiesTogether: of small messages that were moved lately there are two copies,
// which a start reads to see that they verify, and the first Maintain after it reads what was
// written last: many of them with one read.
func TestStartReadsCopiesTogether(t *testing.T) {
	dev := flashtest.New(flashtest.Options{})
	opt := options(dev)
	opt.CopyTime = time.Hour
	s, err := Open(context.Background(), opt)
	must(t, err)
	const n = 60
	for i := range n { // each in a batch of its own, so that it pays to move them
		must(t, deliver(s, mail(fmt.Sprint("m", i), 100), 1))
	}
	must(t, s.Compact(context.Background(), nil))
	moved := 0
	s.index.Read(func(d *index.Data) {
		for _, from := range d.Copies {
			moved += len(from.Ids)
		}
	})
	if moved < n/5 {
		t.Fatalf("%d of %d messages were moved", moved, n)
	}
	want := contents(t, s, 1)
	s.Close()
	counted := &countedVolume{Volume: dev}
	opt.Volume = counted
	s, err = Open(context.Background(), opt)
	must(t, err)
	defer s.Close()
	atStart := counted.uncached
	must(t, s.Maintain(context.Background()))
	if first := counted.uncached - atStart; atStart > n/6 || first > n/6 {
		t.Errorf("%d reads at the start with %d moved messages, %d by the first Maintain", atStart, moved, first)
	}
	if got := contents(t, s, 1); !maps.Equal(got, want) {
		t.Errorf("%d messages, want %d", len(got), len(want))
	}
	recount(t, s)
}
