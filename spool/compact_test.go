package spool

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"maps"
	"math"
	"math/rand/v2"
	"testing"
	"time"

	"pillarbox/spool/flash"
	"pillarbox/spool/flash/flashtest"
	"pillarbox/spool/format"
)

// TestCompactionKeepsMail lets a few mails live among many that die, in a spool that is small. They
// keep their unique-ids and their bytes, wherever they are moved.
func TestCompactionKeepsMail(t *testing.T) {
	for _, mode := range []flash.Mode{flash.Recycle, flash.Append} {
		t.Run(mode.String(), func(t *testing.T) {
			dev := flashtest.New(flashtest.Options{Mode: mode})
			s := open(t, dev)
			kept := make(held)
			for i := range 300 {
				if i%12 == 0 {
					size := 2000
					if i%36 == 0 {
						size = 25_000
					}
					if err := deliver(s, mail(fmt.Sprint("kept ", i), size), 1, 3); err != nil {
						t.Fatalf("mail %d: %v (%+v)", i, err, s.Stats())
					}
					maps.Copy(kept, contents(t, s, 1))
				}
				if err := deliver(s, mail(fmt.Sprint("dies ", i), 9000), 2); err != nil {
					t.Fatalf("mail %d: %v (%+v)", i, err, s.Stats())
				}
				if i%4 == 3 {
					if err := expungeAll(s, 2, none); err != nil {
						t.Fatal(err)
					}
				}
				if i%100 == 99 {
					s.Close()
					dev = dev.Clone()
					s = open(t, dev)
				}
			}
			if got := contents(t, s, 1); !maps.Equal(got, kept) {
				t.Errorf("%d mails were to stay, %d did: lost %d, changed %d", len(kept), len(got), missing(kept, got), missing(got, kept))
			}
			if s.Stats().Lifetime.Copied == 0 {
				t.Error("nothing was ever moved: the test shows nothing")
			}
			recount(t, s)
		})
	}
}

// TestMoveRechecksLiveness expunges a message between the reading and the writing of its move. The
// tombstone points to where the message was, and goes with that segment: what was moved must not
// hold the message.
func TestMoveRechecksLiveness(t *testing.T) {
	dev := flashtest.New(flashtest.Options{})
	s := open(t, dev)
	if err := deliver(s, mail("moved", 300), 1, 2); err != nil {
		t.Fatal(err)
	}
	at := boxOf(s, 1).Entries.At(0).Location()
	segment := s.table.Segment(at.Slot)
	must(t, pinned(s, at.Slot))
	mv, err := readMove(s, at)
	if err != nil {
		t.Fatal(err)
	}
	if err := expungeAll(s, 1, none); err != nil {
		t.Fatal(err)
	}
	if err := s.log.Commit(mv); err != nil {
		t.Fatal(err)
	}
	s.table.Unpin(at.Slot)
	for range 100 {
		if err := errors.Join(deliver(s, mail("churn", 11_000), 3), expungeAll(s, 3, none)); err != nil {
			t.Fatal(err)
		}
	}
	if s.table.Segment(at.Slot) == segment {
		t.Fatal("the segment that the message lay in is still there: the test shows nothing")
	}
	for range 2 {
		if got := contents(t, s, 1); len(got) != 0 {
			t.Errorf("the expunged message is back")
		}
		if got := contents(t, s, 2); len(got) != 1 {
			t.Errorf("the other recipient has %d messages", len(got))
		}
		recount(t, s)
		s = open(t, dev.Clone())
	}
}

const maxSimulated = 600_000 // bytes of a simulated mail

// TestHalfMovedMailStaysDead moves one of two messages out of a segment, which lives on with the
// other and a copy of the one that was moved. The tombstone must hold as long as that copy, though
// the message lay elsewhere when it was expunged.
func TestHalfMovedMailStaysDead(t *testing.T) {
	dev := flashtest.New(flashtest.Options{})
	s := open(t, dev)
	if err := errors.Join(deliver(s, mail("moved", 300), 1), deliver(s, mail("stays", 300), 2)); err != nil {
		t.Fatal(err)
	}
	at := boxOf(s, 1).Entries.At(0).Location()
	must(t, pinned(s, at.Slot))
	for !slotOf(s, at.Slot).Sealed { // the tombstone is to lie elsewhere
		if err := deliver(s, mail("churn", 11_000), 3); err != nil {
			t.Fatal(err)
		}
	}
	mv, err := readMove(s, at)
	s.table.Unpin(at.Slot)
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(s.log.Commit(mv), expungeAll(s, 1, none)); err != nil {
		t.Fatal(err)
	}
	dies := cold(s)
	must(t, s.log.Probe().Leave(format.ClassCold)) // its segment is dead now
	for range 100 {
		if err := errors.Join(deliver(s, mail("churn", 11_000), 3), expungeAll(s, 3, none)); err != nil {
			t.Fatal(err)
		}
	}
	old, home := slotOf(s, dies.Slot), slotOf(s, at.Slot)
	if old.Header.Segment == dies.Segment && old.Counts() || !home.Counts() {
		t.Fatal("the segments are not as they should be: the test shows nothing")
	}
	s = open(t, dev.Clone())
	if got := contents(t, s, 1); len(got) != 0 {
		t.Errorf("the expunged message is back")
	}
	if got := contents(t, s, 2); len(got) != 1 {
		t.Errorf("the other mailbox has %d messages", len(got))
	}
}

var simulated = flag.Int("simulate.days", 60, "days that the compaction simulation lasts")

// TestCompactionCost simulates a household for some time and prints what keeping its mail costs:
// bytes written by bytes of mail, padding not counted.
func TestCompactionCost(t *testing.T) {
	for _, live := range []int{50, 65} {
		t.Run(fmt.Sprint(live, "% live"), func(t *testing.T) {
			if testing.Short() {
				t.Skip("not with -short")
			}
			amplification := simulate(t, *simulated, live)
			limit := map[int]float64{50: 1.30, 65: 1.50}[live]
			t.Logf("%d days at %d %% live: %.3f bytes written for a byte of mail (limit %.2f)", *simulated, live, amplification, limit)
			if amplification > limit {
				t.Errorf("%.3f is more than %.2f", amplification, limit)
			}
		})
	}
}

// A household has eight mailboxes: three fetch and delete at once, three leave mail for 14 days,
// one keeps mail 20 days on the average, one 120. 400 mails a day, log-normal sizes of 18.5 KB on
// the average.
type household struct {
	s    *Spool
	rng  *rand.Rand
	text string   // what mails are cut from
	dies [8][]int // by mailbox, the day that each message is expunged, in the order of arrival
	now  time.Time
}

func simulate(t *testing.T, days, livePercent int) float64 {
	h := &household{rng: rand.New(rand.NewPCG(7, 7)), text: mail("m", maxSimulated)}
	// What lives in the long run: mails a day and mailbox, by days of life, by bytes.
	const perBox, mean = 50.0, 18_500.0
	live := perBox * mean * (3*0.5 + 3*14 + 20 + 120)
	capacity := int64(live) * 100 / int64(livePercent)
	var err error
	h.s, err = Open(context.Background(), Options{Volume: flashtest.New(flashtest.Options{Capacity: 1 << 32}),
		Capacity: capacity, MailboxShare: 100, Rand: newSeeded(1), Now: func() time.Time { return h.now }})
	if err != nil {
		t.Fatal(err)
	}
	// It starts with mailboxes as they are after years, so that the first day counts as much as the
	// last.
	for age := 360; age >= 0; age-- {
		h.day(t, -age, true)
	}
	before := h.s.Stats().Lifetime
	for day := range days {
		h.day(t, day+1, false)
	}
	after := h.s.Stats().Lifetime
	in, copied := float64(after.In-before.In), float64(after.Copied-before.Copied)
	return (in + copied) / in
}

// day delivers a day's mail and expunges what is due. In the years before, what would be dead by
// day 0 is left out.
func (h *household) day(t *testing.T, day int, before bool) {
	t.Helper()
	h.now = time.Unix(20_000*86400, 0).AddDate(0, 0, day)
	for range 400 {
		box := h.rng.IntN(8)
		dies := day + h.life(box)
		size := min(maxSimulated-3, 200+int(6000*math.Exp(1.5*h.rng.NormFloat64())))
		if before && dies <= 0 {
			continue
		}
		if err := deliver(h.s, h.text[:size]+".\r\n", Key(box+1)); err != nil {
			t.Fatalf("day %d: %v (%+v)", day, err, h.s.Stats())
		}
		h.dies[box] = append(h.dies[box], dies)
	}
	for box := range h.dies {
		left := h.dies[box][:0:0]
		for _, d := range h.dies[box] {
			if d > day {
				left = append(left, d)
			}
		}
		if len(left) == len(h.dies[box]) {
			continue
		}
		due := h.dies[box]
		if err := expungeAll(h.s, Key(box+1), func(n int) bool { return due[n-1] > day }); err != nil {
			t.Fatalf("day %d: %v", day, err)
		}
		h.dies[box] = left
	}
	if err := h.s.Maintain(context.Background()); err != nil {
		t.Fatal(err)
	}
}

// life returns for how many days a mail is kept.
func (h *household) life(box int) int {
	switch {
	case box < 3:
		return 0
	case box < 6:
		return 14
	case box == 6:
		return int(20 * h.rng.ExpFloat64())
	}
	return int(120 * h.rng.ExpFloat64())
}

// TestMovedCopyCounts moves large mail out of its bulk segment while its record is in a newer
// segment than the cold one. After a restart the copy that names the new extents must count: the
// old ones may be written over.
func TestMovedCopyCounts(t *testing.T) {
	dev := flashtest.New(flashtest.Options{})
	s := open(t, dev)
	coldFirst := func() { // begins the cold segment
		if err := errors.Join(deliver(s, mail("early", 300), 2), deliver(s, mail("stays", 300), 2)); err != nil {
			t.Fatal(err)
		}
		mv, err := readMove(s, boxOf(s, 2).Entries.At(0).Location())
		if err := errors.Join(err, s.log.Commit(mv)); err != nil {
			t.Fatal(err)
		}
	}
	coldFirst()
	for range 6 { // so that the records of the large mail lie in a later one
		if err := deliver(s, mail("filler", 11_000), 2); err != nil {
			t.Fatal(err)
		}
	}
	if err := errors.Join(deliver(s, mail("large", 40_000), 1), deliver(s, mail("dies", 40_000), 3), expungeAll(s, 3, none)); err != nil {
		t.Fatal(err)
	}
	want := contents(t, s, 1)
	row := boxOf(s, 1).Entries.At(0)
	bulk := recordAt(s, row.Location()).Extents[0]
	s.log.Probe().SealBulk()
	if s.table.Segment(uint32(row.Slot)) < cold(s).Segment {
		t.Fatal("the record is in an older segment than the cold one: the test shows nothing")
	}
	err := s.log.Probe().Empty(slotOf(s, bulk.Slot))
	if live := slotOf(s, bulk.Slot).Live; err != nil || live != 0 {
		t.Fatalf("%v, %d live", err, live)
	}
	for i := 0; s.table.Segment(bulk.Slot) == bulk.Segment; i++ {
		if err := errors.Join(deliver(s, mail("churn", 50_000), 3), expungeAll(s, 3, none)); err != nil || i > 100 {
			t.Fatal(err, i)
		}
	}
	for range 2 {
		if got := contents(t, s, 1); !maps.Equal(got, want) {
			t.Errorf("the large mail is lost")
		}
		s = open(t, dev.Clone())
	}
}
