package spool

import (
	"context"
	"errors"
	"testing"

	"pillarbox/spool/flash"
	"pillarbox/spool/flash/flashtest"
)

// TestLargeSpool fills 12 GiB, more than 32 bits count, on a device that holds only the pages that were written: each mail is an
// extent as large as a slot, of pages that nobody wrote. It says most where an int has 32 bits (GOARCH=386, arm).
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

	if live := taken * thinMail; live > capacity/100*fullPercent || live+2*thinMail < capacity/100*fullPercent {
		t.Errorf("%d mails of %d octets were taken: not %d %% of the capacity", taken, int64(thinMail), fullPercent)
	}
	st := s.Stats()
	if want := small + taken*(thinMail+recordOverhead); st.Live != want {
		t.Errorf("%d bytes live, want %d", st.Live, want)
	}
	if free := capacity/MaxSlotSize - taken; int64(st.FreeSlots) > free || int64(st.FreeSlots) < free-2 { // one or two hold the log
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
	s.bulk.mu.Lock()
	err := s.bulk.begin(s)
	sl := s.bulk.slot
	s.bulk.mu.Unlock()
	if err != nil {
		return err
	}
	sl.writers++
	w := bulkWriter{spool: s, bulk: &s.bulk, slots: []*slot{sl}}
	defer w.end()
	s.bulk.leave(s)
	if err := w.sync(); err != nil {
		return err
	}
	return s.commit(&intake{
		message: message{octets: thinMail, extents: []extent{{slot: sl.number, segment: sl.header.segment, page: 1, length: thinMail}}},
		to:      []Recipient{{Mailbox: 1}},
	})
}

// TestForgedSlotNumbers: a record may tell a slot that no int of 32 bits can count.
func TestForgedSlotNumbers(t *testing.T) {
	large := func(e extent) forged {
		return forged{&intake{message: message{octets: 100, extents: []extent{e}}, to: []Recipient{{Mailbox: 1}}}}
	}
	for _, test := range []struct {
		name string
		fact fact
	}{
		{"extent", large(extent{slot: 1 << 31, segment: 7, page: 1, length: 100})},
		{"extent beyond its slot", large(extent{slot: 1, segment: 2, page: 1<<32 - 1, length: flash.Page})},
		{"retired", forged{epitaph{{slot: 1<<32 - 1, segment: 7}}}},
	} {
		t.Run(test.name, func(t *testing.T) {
			dev := flashtest.New(flashtest.Options{})
			s := open(t, dev)
			must(t, deliver(s, mail("small", 300), 1))
			must(t, deliver(s, mail("large", 2*testSlot), 1)) // slot 1 holds segment 2
			must(t, s.commit(test.fact))
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

// A forged fact is written, and not told to the index.
type forged struct{ fact }

func (forged) settle(*Spool, *slot, int64, *footer) {}

// An epitaph retires segments, whatever they are.
type epitaph []retired

func (epitaph) weight() int64 { return 16 }

func (e epitaph) record(*Spool) (logRecord, bool) {
	return logRecord{kind: kindRetire, meta: encodeRetired(e)}, true
}

func (epitaph) settle(*Spool, *slot, int64, *footer) {}
