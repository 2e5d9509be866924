package spool

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"testing"

	"pillarbox/spool/commit"
	"pillarbox/spool/format"

	"pillarbox/spool/flash"
	"pillarbox/spool/flash/flashtest"
)

// TestRetirementsAreBounded: four segments die at once that are full of tombstones and labels, all
// of them still needed. What has to be carried out of them, once into the log and once into a
// footer, is more than a slot. It rides in several batches, of which none is longer than half a
// slot, and nothing comes back.
func TestRetirementsAreBounded(t *testing.T) {
	dev := flashtest.New(flashtest.Options{})
	opt := options(dev)
	opt.Capacity = 40 * testSlot
	s, err := Open(context.Background(), opt)
	must(t, err)
	const rounds, each = 4, 280
	anchor := Key(7)
	for round := range rounds {
		for half := range 2 {
			must(t, s.log.Commit(smallMail(1, anchor, 0)...))
			var changes []commit.Change
			for i := range each / 2 {
				changes = append(changes, smallMail(1, keyOf(round, half*each/2+i), 0)...)
			}
			must(t, s.log.Commit(changes...))
			must(t, sealHot(s))
		}
	}
	hold := s.Hold()
	for round := range rounds {
		var changes []commit.Change
		for i := range each {
			changes = append(changes, &commit.Expunge{Key: keyOf(round, i), IDs: []format.Identity{firstOf(s, keyOf(round, i))}})
		}
		for i := range 20 {
			v, err := s.View(anchor)
			must(t, err)
			m := Mark{Label: fmt.Sprintf("label %070d", i), Day: 1 + round, Messages: only(1, 2, 3, 4)}
			changes = append(changes, &commit.Labelling{Wanted: v.label(m, identitiesOf(v, m.Messages))})
		}
		must(t, s.log.Commit(changes...))
		must(t, s.log.Commit(labelsAll(t, s, anchor)))
		must(t, sealHot(s))
	}
	labelled, err := readMarks(s, anchor)
	must(t, errors.Join(err, hold.Release()))
	dead := s.table.Cleaning().Dead
	if len(dead()) < rounds {
		t.Fatalf("%d segments are dead, want %d: the test shows nothing", len(dead()), rounds)
	}
	batches := 0
	for ; len(dead()) > 0; batches++ {
		if batches == 100 {
			t.Fatal("they are never retired")
		}
		was, begins := hot(s), uint32(format.FirstUnit)
		if was.Active {
			begins = was.End
		}
		must(t, deliver(s, mail("rides along", 100), 8))
		now := hot(s)
		if !was.Active || now.Segment != was.Segment {
			begins = format.FirstUnit
		}
		if n := int64(now.End-begins) * format.Unit; n > testSlot/2 {
			t.Errorf("batch %d has %d bytes, more than half a slot", batches, n)
		}
	}
	if batches < 3 {
		t.Errorf("all went into %d batches: the test shows nothing", batches)
	}
	opt.Volume = dev.Clone()
	s, err = Open(context.Background(), opt)
	must(t, err)
	if n := len(contents(t, s, anchor)); n != 2*rounds {
		t.Errorf("%d mails are kept, want %d", n, 2*rounds)
	}
	for round := range rounds {
		for i := range each {
			if n := len(contents(t, s, keyOf(round, i))); n != 0 {
				t.Fatalf("mailbox %d holds %d mails that were deleted", keyOf(round, i), n)
			}
		}
	}
	marks, err := readMarks(s, anchor)
	if err != nil || len(marks) != len(labelled) || len(marks) == 0 {
		t.Errorf("%d labels, want %d (%v)", len(marks), len(labelled), err)
	}
	recount(t, s)
}

func keyOf(round, i int) Key { return 1<<40 + Key(round*1000+i) }

// labelsAll labels all messages of a mailbox.
func labelsAll(t *testing.T, s *Spool, key Key) *commit.Labelling {
	v, err := s.View(key)
	must(t, err)
	m := Mark{Label: "l", Day: 9, Messages: numbers(v.Len())}
	return &commit.Labelling{Wanted: v.label(m, identitiesOf(v, m.Messages))}
}

// identitiesOf returns the identities of messages.
func identitiesOf(v *View, messages iter.Seq[int]) (ids []format.Identity) {
	for n := range messages {
		ids = append(ids, v.identity(n))
	}
	return ids
}

// firstOf returns the identity of the first message of a mailbox.
func firstOf(s *Spool, key Key) format.Identity { return boxOf(s, key).Entries.Identity(0) }

// TestBatchEndsBeforeTheFooter: a batch whose plan was too short for it is not written: it would
// reach into the footer, or out of the slot.
func TestBatchEndsBeforeTheFooter(t *testing.T) {
	for _, size := range []int{5000, 20_000} {
		dev := flashtest.New(flashtest.Options{})
		s := open(t, dev)
		for !hot(s).Active || hot(s).End < 14 {
			must(t, deliver(s, mail("fills", 3000), 1))
		}
		want := contents(t, s, 1)
		body := mail("too long", size)
		ops, segment := dev.Ops(), hot(s).Segment
		err := s.log.Probe().Overlong(&commit.Intake{To: []Recipient{{Mailbox: 2}}, Body: []byte(body), Message: format.Message{Octets: 1}})
		if err == nil || dev.Ops() > ops {
			t.Errorf("a batch of %d bytes in the last page: %v after %d operations, want an error and none", size, err, dev.Ops()-ops)
		}
		if hot(s).Segment != segment {
			t.Fatal("it was not for the last page: the test shows nothing")
		}
		must(t, sealHot(s))
		if got := contents(t, open(t, dev.Clone()), 1); len(got) != len(want) {
			t.Errorf("%d mails, want %d", len(got), len(want))
		}
	}
}

// TestFooterThatDoesNotFit is not written; the start reads the segment record by record.
func TestFooterThatDoesNotFit(t *testing.T) {
	dev := flashtest.New(flashtest.Options{})
	s := open(t, dev)
	for !hot(s).Active || hot(s).End < 15 {
		must(t, deliver(s, mail("fills", 3000), 1))
	}
	want := contents(t, s, 1)
	s.log.Probe().GrowFooter(2 * flash.Page)
	must(t, sealHot(s))
	must(t, deliver(s, mail("next", 3000), 2)) // in the next segment
	s = open(t, dev.Clone())
	if got := contents(t, s, 1); len(got) != len(want) {
		t.Errorf("%d mails, want %d", len(got), len(want))
	}
	if n := s.Stats().Damaged; n > 0 {
		t.Errorf("%d records are damaged", n)
	}
}

// TestOptionsAreChecked: values that the code relies on are refused.
func TestOptionsAreChecked(t *testing.T) {
	for name, change := range map[string]func(*Options){
		"MaxMessage above 1 GiB":   func(o *Options) { o.MaxMessage = 1<<30 + 1 },
		"negative MaxMessage":      func(o *Options) { o.MaxMessage = -1 },
		"negative MailboxShare":    func(o *Options) { o.MailboxShare = -1 },
		"MailboxShare above 100 %": func(o *Options) { o.MailboxShare = 101 },
		"negative CopyTime":        func(o *Options) { o.CopyTime = -1 },
	} {
		opt := options(flashtest.New(flashtest.Options{}))
		change(&opt)
		if s, err := Open(context.Background(), opt); err == nil {
			s.Close()
			t.Errorf("%s: opened", name)
		}
	}
}

// TestEndedDeliveryTakesNothing: what is written after Commit or Abort takes no memory that nothing
// would give back.
func TestEndedDeliveryTakesNothing(t *testing.T) {
	s := open(t, flashtest.New(flashtest.Options{}))
	body := mail("m", 300)
	for name, end := range map[string]func(*Delivery) error{
		"Commit": func(d *Delivery) error { return d.Commit(context.Background(), shapeOf(body)) },
		"Abort":  func(d *Delivery) error { d.Abort(); return nil },
	} {
		d, err := begin(s, 1)
		must(t, err)
		_, err = d.Write([]byte(body))
		must(t, errors.Join(err, end(d)))
		if n, err := d.Write([]byte(body)); n != 0 || !errors.Is(err, ErrClosed) {
			t.Errorf("Write after %s: %d, %v, want %v", name, n, err, ErrClosed)
		}
		d.Abort()
	}
	if n := s.log.Staging().InUse(); n != 0 {
		t.Errorf("%d bytes are held", n)
	}
}

// TestClosedSpoolRefuses: after Close every call returns ErrClosed, those of a delivery and of a
// view that were there before, too.
func TestClosedSpoolRefuses(t *testing.T) {
	dev := flashtest.New(flashtest.Options{})
	s := open(t, dev)
	must(t, deliver(s, mail("m", 300), 1))
	must(t, deliver(s, mail("large", 40_000), 1))
	d, err := begin(s, 1)
	must(t, err)
	v, err := s.View(1)
	must(t, err)
	must(t, s.Close())
	before := dev.Ops()
	_, write := d.Write([]byte(mail("large", 60_000)))
	_, message := v.Message(1)
	_, view := s.View(1)
	for what, err := range map[string]error{
		"Write":    write,
		"Message":  message,
		"View":     view,
		"Commit":   d.Commit(context.Background(), Shape{}),
		"Expunge":  v.Expunge(context.Background(), only(1)),
		"Maintain": s.Maintain(context.Background()),
		"Compact":  s.Compact(context.Background(), nil),
	} {
		if !errors.Is(err, ErrClosed) {
			t.Errorf("%s: %v, want %v", what, err, ErrClosed)
		}
	}
	if n := dev.Ops() - before; n > 0 || dev.Handles() > 0 {
		t.Errorf("%d operations, %d files left open", n, dev.Handles())
	}
}
