package spool

import (
	"context"
	"errors"
	"testing"
	"time"

	"pillarbox/spool/format"

	"pillarbox/spool/flash/flashtest"
)

// TestStays lets days pass over mailboxes with different habits: where the next mail goes is what
// they did before.
func TestStays(t *testing.T) {
	for _, c := range []struct {
		name  string
		lives int // days; 0: expunged on the day that it came
		lost  int // mails of the first days that are never fetched
		days  int
		want  bool
	}{
		{"new", 9, 0, 1, false},
		{"fetched and deleted", 0, 0, 12, false},
		{"fetched and deleted, but for a few", 0, 2, 12, false},
		{"left for a week", 7, 0, 12, true},
		{"kept", 99, 0, 12, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			now := time.Unix(20_000*86400, 0)
			opt := options(flashtest.New(flashtest.Options{}))
			opt.Now = func() time.Time { return now }
			s, err := Open(context.Background(), opt)
			if err != nil {
				t.Fatal(err)
			}
			var came []int // days of the mails that are there
			for day := range c.days {
				for range 3 {
					err = errors.Join(err, deliver(s, mail("m", 300), 1))
					came = append(came, day)
				}
				there := came
				came = nil
				keep := func(n int) bool { return n <= c.lost || day-there[n-1] < c.lives }
				for n := range there {
					if keep(n + 1) {
						came = append(came, there[n])
					}
				}
				err = errors.Join(err, expungeAll(s, 1, keep))
				now = now.AddDate(0, 0, 1)
			}
			if err != nil {
				t.Fatal(err)
			}
			if got := s.stays([]Recipient{{Mailbox: 2}, {Mailbox: 1}}); got != c.want {
				t.Errorf("the next mail stays: %v, want %v", got, c.want)
			}
			if err := deliver(s, mail("next", 300), 1); err != nil {
				t.Fatal(err)
			}
			rows := boxOf(s, 1).Entries
			if got := slotOf(s, uint32(rows.At(rows.N-1).Slot)).Header.Class == format.ClassCold; got != c.want {
				t.Errorf("the next mail is in a cold segment: %v, want %v", got, c.want)
			}
		})
	}
}

// TestVictimSparesYoungMail lets one segment hold a little more mail than another one, all of it
// old.
func TestVictimSparesYoungMail(t *testing.T) {
	now := time.Unix(20_000*86400, 0)
	opt := options(flashtest.New(flashtest.Options{}))
	opt.Now = func() time.Time { return now }
	s, err := Open(context.Background(), opt)
	if err != nil {
		t.Fatal(err)
	}
	fill := func(key Key, alive int) uint32 {
		err := errors.Join(deliver(s, mail("lives", 1000*alive), key), expungeAll(s, 9, none))
		for first := uint32(boxOf(s, key).Entries.At(0).Slot); err == nil; {
			if slotOf(s, first).Sealed {
				return first
			}
			err = deliver(s, mail("dies", 3000), 9)
		}
		t.Fatal(err)
		return 0
	}
	old := fill(1, 8)
	now = now.AddDate(0, 0, 30)
	young := fill(2, 7)
	if err := expungeAll(s, 9, none); err != nil {
		t.Fatal(err)
	}
	if was, is := slotOf(s, old).Bytes, slotOf(s, young).Bytes; old == young || was <= is {
		t.Fatalf("%d bytes live in the old segment, %d in the young one: the test shows nothing", was, is)
	}
	if got, ok := victim(s); !ok || got.Slot != old {
		t.Errorf("slot %d is emptied first (%v), want the one with old mail", got.Slot, ok)
	}
}
