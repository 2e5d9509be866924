package commit

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"runtime"
	"strings"
	"testing"
	"time"

	"pillarbox/spool/flash"
	"pillarbox/spool/flash/flashtest"
	"pillarbox/spool/format"
	"pillarbox/spool/index"
	"pillarbox/spool/slots"
)

// A store is a log on a device of the model, without a spool around it. What it writes is read back
// with package format alone, so that no start is needed to see what is on the device.
type store struct {
	t     testing.TB
	dev   *flashtest.Device
	table *slots.Table
	index *index.Index
	log   *Log
	opt   Options
	wakes int // calls of Wake
}

const (
	testSlot = format.MinSlotSize
	today    = 20_000
)

// newStore makes a store whose capacity is a number of slots.
func newStore(t testing.TB, mode flash.Mode, capacity int64) *store {
	t.Helper()
	return newStoreOn(t, flashtest.New(flashtest.Options{Mode: mode}), capacity, nil)
}

// newStoreOn makes one on a device. change may change its options.
func newStoreOn(t testing.TB, dev *flashtest.Device, capacity int64, change func(*Options)) *store {
	t.Helper()
	s := &store{t: t, dev: dev}
	f := &format.Format{SlotSize: testSlot, ID: [16]byte{1, 2, 3}}
	wake := func() { s.wakes++ }
	s.table = slots.New(slots.Options{Volume: dev, Format: f, Capacity: capacity * testSlot, Wake: wake}, nil)
	opt := index.Options{Today: func() uint16 { return today }}
	s.index = index.New(opt, index.NewData(opt))
	s.opt = Options{Format: f, Table: s.table, Index: s.index, Rand: seeded(1), Wake: wake, Upgrade: func() error { return nil }}
	if change != nil {
		change(&s.opt)
	}
	var err error
	if s.log, err = New(s.opt, Start{}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.log.Close() })
	return s
}

// seeded returns random numbers that are the same each time.
func seeded(n uint64) io.Reader {
	var seed [32]byte
	binary.LittleEndian.PutUint64(seed[:], n)
	return rand.NewChaCha8(seed)
}

// intake returns a message of about n bytes for some mailboxes.
func intake(name string, n int, to ...format.Key) *Intake {
	body := name + "\r\n\r\n" + strings.Repeat("x", n) + "\r\n.\r\n"
	in := &Intake{Body: []byte(body), Message: format.Message{Received: today * 86400, From: "a@b", Octets: uint32(len(body) - 3)}}
	for _, key := range to {
		in.To = append(in.To, Recipient{Mailbox: key, Head: fmt.Appendf(nil, "Delivered-To: %d\r\n", key)})
	}
	return in
}

// expunge returns the change that removes the first n living messages of a mailbox.
func (s *store) expunge(key format.Key, n int) *Expunge {
	x := &Expunge{Key: key}
	s.index.Read(func(d *index.Data) {
		box := d.Mailboxes[key]
		for i := 0; box != nil && i < box.Entries.N && len(x.IDs) < n; i++ {
			if !box.Dead.Has(i) {
				x.IDs = append(x.IDs, box.Entries.Identity(i))
			}
		}
	})
	return x
}

// labelling returns the change that gives all messages of a mailbox a label.
func (s *store) labelling(key format.Key, label string) *Labelling {
	f := &Labelling{}
	for _, id := range s.expunge(key, 1<<20).IDs {
		f.Wanted = append(f.Wanted, format.LabelSet{
			Label: label, Key: key, Day: 9, Epoch: id.Epoch, Tag: s.index.Tag(id.Epoch), Seqs: []uint32{id.Seq},
		})
	}
	return f
}

// note returns the change that keeps a remote id without mail.
func note(account uint64, id byte) *RemoteNote {
	return &RemoteNote{Noted: []format.RemoteSet{{Account: account, Key: 1, Settled: true, IDs: []format.RemoteID{{ID: index.ID{id}}}}}}
}

// moveFirst reads the first living message of a mailbox, to be moved.
func (s *store) moveFirst(key format.Key) *Move {
	s.t.Helper()
	at := s.locationOf(key)
	file, segment, err := s.table.Pin(at.Slot)
	s.must(err)
	defer s.table.Unpin(at.Slot)
	mv, err := ReadMove(s.opt.Format, file, segment, at)
	s.must(err)
	return mv
}

// locationOf returns where the first living message of a mailbox lies.
func (s *store) locationOf(key format.Key) (at index.Location) {
	s.index.Read(func(d *index.Data) {
		box := d.Mailboxes[key]
		i := 0
		for box.Dead.Has(i) {
			i++
		}
		at = box.Entries.At(i).Location()
	})
	return at
}

// living returns how many messages of a mailbox live.
func (s *store) living(key format.Key) (n int) {
	s.index.Read(func(d *index.Data) {
		if box := d.Mailboxes[key]; box != nil {
			n = box.Live
		}
	})
	return n
}

func (s *store) must(err error) {
	s.t.Helper()
	if err != nil {
		s.t.Fatal(err)
	}
}

// commit commits changes that must be taken.
func (s *store) commit(changes ...Change) {
	s.t.Helper()
	s.must(s.log.Commit(changes...))
}

// end returns where the log of a class ends.
func (s *store) end(c format.Class) Position { return s.log.End(c) }

// lines is a Visitor that notes what a segment holds, a line each.
type lines struct {
	list []string
}

func (l *lines) add(text string, args ...any) { l.list = append(l.list, fmt.Sprintf(text, args...)) }

func (l *lines) Message(m format.Summary) {
	var to []string
	for _, r := range m.Recipients {
		to = append(to, fmt.Sprint(r.Key))
	}
	l.add("message %d.%d to %s", m.First.Epoch, m.First.Seq, strings.Join(to, " "))
}
func (l *lines) Tombstones(g format.TombstoneSet) {
	l.add("expunged %v of %d in segment %d", g.Seqs, g.Key, g.Segment)
}
func (l *lines) Retired(r format.SegmentRef) { l.add("retired %d", r.Segment) }
func (l *lines) Manifest(m format.Manifest)  { l.add("manifest of %d", len(m.Segments)) }
func (l *lines) Labels(g format.LabelSet)    { l.add("label %s on %v of %d", g.Label, g.Seqs, g.Key) }
func (l *lines) Remotes(g format.RemoteSet) {
	l.add("remote %d of account %d settled %v", g.IDs[0].ID[0], g.Account, g.Settled)
}

// scan reads the segment in a slot record by record, as a start does after a power cut.
func (s *store) scan(n uint32, segment uint64) (list []string, scan *format.Scan) {
	s.t.Helper()
	file, err := s.dev.Open(slots.Name(n))
	s.must(err)
	defer file.Close()
	page := flash.Aligned(flash.Page)
	_, err = file.ReadAt(page, 0)
	s.must(err)
	h, err := format.DecodeHeader(page, n, s.opt.Format)
	if err != nil || h.Segment != segment {
		return nil, nil // it is not on the device
	}
	var l lines
	scan = slots.NewScan(file, &slots.Segment{Slot: n, Header: h}, s.opt.Format, 0, &l, nil)
	s.must(scan.Run())
	return l.list, scan
}

// onDevice returns what the active segment of a class holds on the device.
func (s *store) onDevice(c format.Class) []string {
	s.t.Helper()
	at := s.end(c)
	list, scan := s.scan(at.Slot, at.Segment)
	if scan != nil && scan.End != at.End {
		s.t.Errorf("the device holds batches up to page %d, the log says %d", scan.End, at.End)
	}
	return list
}

// footer returns what the footer of a sealed segment says.
func (s *store) footer(n uint32, segment uint64) []string {
	s.t.Helper()
	file, err := s.dev.Open(slots.Name(n))
	s.must(err)
	defer file.Close()
	var l lines
	if _, err := format.ReadFooter(file, s.opt.Format, segment, &l); err != nil {
		s.t.Errorf("the footer of slot %d: %v", n, err)
	}
	return l.list
}

// behindLeader starts commits behind a leader that is held, and lets them go as one group. It
// returns their errors.
func (s *store) behindLeader(groups ...[]Change) []error {
	s.t.Helper()
	if _, ok := s.log.Freeze(); !ok {
		s.t.Fatal("the log is closed")
	}
	results := make([]chan error, len(groups))
	for i, changes := range groups {
		results[i] = make(chan error, 1)
		go func() { results[i] <- s.log.Commit(changes...) }()
		waitFor(s.t, "a commit joins the queue", func() bool {
			n, _ := s.log.Probe().Waiting()
			return n == i+1
		})
	}
	s.log.Thaw()
	var errs []error
	for _, r := range results {
		errs = append(errs, <-r)
	}
	return errs
}

// waitFor waits until something has happened in another goroutine.
func waitFor(t testing.TB, what string, happened func() bool) {
	t.Helper()
	for deadline := time.Now().Add(time.Minute); !happened(); runtime.Gosched() {
		if time.Now().After(deadline) {
			t.Fatalf("%s does not happen", what)
		}
	}
}

// equal compares lists of lines.
func equal(t testing.TB, what string, got []string, want ...string) {
	t.Helper()
	if strings.Join(got, "\n") != strings.Join(want, "\n") {
		t.Errorf("%s:\n\t%s\nwant:\n\t%s", what, strings.Join(got, "\n\t"), strings.Join(want, "\n\t"))
	}
}

// errorsAre compares errors with those that are wanted; nil wants none.
func errorsAre(t testing.TB, what string, got []error, want ...error) {
	t.Helper()
	for i := range want {
		if !errors.Is(got[i], want[i]) || want[i] == nil && got[i] != nil {
			t.Errorf("%s: commit %d: %v, want %v", what, i, got[i], want[i])
		}
	}
}

// indexData is short for what a test reads of the index.
type indexData = index.Data
