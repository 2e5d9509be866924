package spool

import (
	"context"
	"errors"
	"testing"

	"pillarbox/spool/commit"
	"pillarbox/spool/format"
	"pillarbox/spool/index"
	"pillarbox/spool/slots"

	"pillarbox/spool/flash"
	"pillarbox/spool/flash/flashtest"
)

// TestLargeSpool fills 12 GiB, more than 32 bits count, on a device that holds only the pages that
// were written: each mail is an extent as large as a slot, of pages that nobody wrote. It says most
// where an int has 32 bits (GOARCH=386, arm).
func TestLargeSpool(t *testing.T) {
	const capacity = 12 << 30
	opt := Options{
		Volume: flashtest.New(flashtest.Options{Capacity: 16 << 30}), Capacity: capacity, SlotSize: MaxSlotSize, MaxMessage: MaxSlotSize,
	}
	s, err := Open(context.Background(), opt)
	must(t, err)
	must(t, deliver(s, mail("first", 300), 2))
	small := s.Stats().Live
	taken := int64(fillThin(t, s))
	must(t, s.Close())
	s, err = Open(context.Background(), opt)
	must(t, err)
	defer s.Close()

	if live := taken * thinMail; live > capacity/100*slots.FullPercent || live+2*thinMail < capacity/100*slots.FullPercent {
		t.Errorf("%d mails of %d octets were taken: not %d %% of the capacity", taken, int64(thinMail), slots.FullPercent)
	}
	st := s.Stats()
	if want := small + taken*(thinMail+index.RecordOverhead); st.Live != want {
		t.Errorf("%d bytes live, want %d", st.Live, want)
	}
	// One or two slots hold the log.
	if free := capacity/MaxSlotSize - taken; int64(st.FreeSlots) > free || int64(st.FreeSlots) < free-2 {
		t.Errorf("%d slots are free of %d that hold no large mail", st.FreeSlots, free)
	}
	if box := s.Mailboxes()[0]; box.Octets != taken*thinMail {
		t.Errorf("the mailbox holds %d octets, want %d", box.Octets, taken*thinMail)
	}
	if err := s.MailboxRoom(1, 1); !errors.Is(err, ErrMailboxFull) {
		t.Errorf("more than half of the capacity is in one mailbox: %v", err)
	}
	if err := s.MailboxRoom(2, 5<<30); err != nil {
		t.Errorf("5 GiB are less than half of the capacity: %v", err)
	}
	must(t, deliver(s, mail("last", 300), 2))
	if h := contents(t, s, 2); len(h) != 2 {
		t.Errorf("of two small mails %d can be read", len(h))
	}
	recount(t, s)

	must(t, expungeAll(s, 1, none))
	if live := s.Stats().Live; live > 3*small {
		t.Errorf("%d bytes live when the large mails are expunged", live)
	}
	if err := s.Room(thinMail); err != nil {
		t.Errorf("the emptied spool has no room: %v", err)
	}
}

// thinMail is what a segment holds of one mail.
const thinMail = MaxSlotSize - flash.Page

// fillThin delivers mails of thinMail bytes to mailbox 1 until the spool is full.
func fillThin(t *testing.T, s *Spool) (taken int) {
	t.Helper()
	for {
		if err := s.Room(thinMail); errors.Is(err, ErrFull) {
			return taken
		}
		must(t, deliverThin(s))
		taken++
	}
}

// deliverThin is a delivery that takes a whole bulk segment and writes nothing but its header.
func deliverThin(s *Spool) error {
	slot, segment, use, err := s.log.Probe().EmptyBulk()
	if err != nil {
		return err
	}
	defer use.End()
	if err := use.Sync(); err != nil {
		return err
	}
	return s.log.Commit(&commit.Intake{
		Message: format.Message{Octets: thinMail, Extents: []format.Extent{{Slot: slot, Segment: segment, Page: 1, Length: thinMail}}},
		To:      []Recipient{{Mailbox: 1}},
	})
}

// TestForgedSlotNumbers: a record may tell a slot that no int of 32 bits can count.
func TestForgedSlotNumbers(t *testing.T) {
	large := func(e format.Extent) commit.Change {
		return commit.Unapplied(&commit.Intake{Message: format.Message{Octets: 100, Extents: []format.Extent{e}}, To: []Recipient{{Mailbox: 1}}})
	}
	for _, test := range []struct {
		name   string
		change commit.Change
	}{
		{"extent", large(format.Extent{Slot: 1 << 31, Segment: 7, Page: 1, Length: 100})},
		{"extent beyond its slot", large(format.Extent{Slot: 1, Segment: 2, Page: 1<<32 - 1, Length: flash.Page})},
		{"retired", commit.Raw(format.KindRetire, format.EncodeRetired([]format.SegmentRef{{Slot: 1<<32 - 1, Segment: 7}}))},
	} {
		t.Run(test.name, func(t *testing.T) {
			dev := flashtest.New(flashtest.Options{})
			s := open(t, dev)
			must(t, deliver(s, mail("small", 300), 1))
			must(t, deliver(s, mail("large", 2*testSlot), 1)) // slot 1 holds segment 2
			must(t, s.log.Commit(test.change))
			must(t, s.Close())
			s = open(t, dev)
			defer s.Close()
			if h := contents(t, s, 1); len(h) != 2 {
				t.Errorf("of two mails %d can be read", len(h))
			}
			recount(t, s)
		})
	}
}
