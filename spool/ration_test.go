package spool

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"testing"

	"pillarbox/spool/commit"
	"pillarbox/spool/index"

	"pillarbox/spool/format"

	"pillarbox/spool/flash/flashtest"
)

// putMany commits n messages to a mailbox, several hundred in a batch, and returns their
// unique-ids, in order.
func putMany(t testing.TB, s *Spool, key Key, n int) []string {
	t.Helper()
	for i := 0; i < n; {
		var changes []commit.Change
		for ; i < n && len(changes) < 256; i++ {
			body := mail(fmt.Sprint(key, "-", i), 20)
			changes = append(changes, &commit.Intake{
				Message: format.Message{Received: 1, Octets: uint32(len(body) - 3), Header: uint32(shapeOf(body).Header)},
				To:      []Recipient{{Mailbox: key}},
				Body:    []byte(body),
			})
		}
		must(t, s.log.Commit(changes...))
	}
	v, err := s.View(key)
	must(t, err)
	defer v.Close()
	return uidsOf(v)
}

// TestTooManyForThisMemory opens a spool with less memory than its entries take: the first messages
// of the largest mailbox are there, and all of the others. New mail is refused, and what was hidden
// appears when others are deleted, with or without a restart.
func TestTooManyForThisMemory(t *testing.T) {
	for _, restart := range []bool{false, true} {
		t.Run(fmt.Sprintf("restart %v", restart), func(t *testing.T) { tooMany(t, restart) })
	}
}

func tooMany(t *testing.T, restart bool) {
	const most, few, large, visible = 20_000, 300, 40_000, 8192
	dev := flashtest.New(flashtest.Options{Capacity: 64 << 20})
	opt := Options{Volume: dev, Capacity: 16 << 20, SlotSize: 256 << 10, MailboxShare: 100}
	reopen := func() *Spool {
		s, err := Open(context.Background(), opt)
		must(t, err)
		return s
	}
	s := reopen()
	putMany(t, s, 2, most)
	putMany(t, s, 1, few)
	// It is hidden in mailbox 2, and its extents with it.
	must(t, deliver(s, mail("large, for both", large), 1, 2))
	must(t, deliver(s, mail("large", large), 2))
	must(t, expungeAll(s, 2, func(n int) bool { return n != 2 }))
	sealHot(s) // the labels lie in a segment without messages, which would be retired
	updateView(t, s, 2, Change{Marks: []Mark{{"kept", 7, only(1, most-1, most+1)}}})
	sealHot(s)
	v, _ := s.View(2)
	want := uidsOf(v)
	v.Close()
	s.Close()

	opt.IndexBytes, opt.LoadBytes = index.EntryBytes*visible, index.EntryBytes*(visible+few+1)
	s = reopen()
	var seen []string
	for round := 0; len(seen) < len(want); round++ {
		if round > 2*most/visible {
			t.Fatalf("%d of %d messages appeared in %d rounds", len(seen), len(want), round)
		}
		v, err := s.View(2)
		must(t, err)
		uids := uidsOf(v)
		v.Close()
		if first := want[len(seen):][:len(uids)]; !slices.Equal(uids, first) {
			t.Fatalf("round %d: not the next %d messages are there", round, len(uids))
		}
		if got := len(contents(t, s, 1)); got != few+1 {
			t.Errorf("round %d: %d messages in the small mailbox, want %d", round, got, few+1)
		}
		if st := s.Stats(); len(uids) > visible || st.Hidden > 0 != (len(seen)+len(uids) < len(want)) || st.Hidden > 0 && !st.Crowded {
			t.Fatalf("round %d: %d messages appear after %d of %d, %+v", round, len(uids), len(seen), len(want), st)
		} else if st.Hidden == 0 {
			recount(t, s)
		} else if err := deliver(s, mail("m", 20), 1); !errors.Is(err, ErrFull) {
			t.Fatalf("round %d: mail with %d messages hidden: %v", round, st.Hidden, err)
		}
		contents(t, s, 2)
		days := marked(t, s, 2, "kept")
		if round == 0 && days[0] != 7 {
			t.Error("the first message has lost its label")
		}
		if n := len(days); s.Stats().Hidden == 0 && (days[n-3] != 7 || days[n-2] != 0 || days[n-1] != 7) {
			t.Error("the last messages, which were hidden, have lost their labels")
		}
		seen = append(seen, uids...)
		for k := 8; k > 0; k-- { // each batch retires some segments
			left := s.Stats().Messages - few - 1
			must(t, expungeAll(s, 2, func(n int) bool { return n > left/k }))
		}
		if restart {
			s.Close()
			s = reopen()
		}
		must(t, s.Maintain(context.Background()))
	}
	if err := deliver(s, mail("m", 20), 2); err != nil {
		t.Errorf("mail after the deletes: %v", err)
	}
	recount(t, s)
	after := maps.Clone(contents(t, s, 1))
	s.Close()
	opt.IndexBytes, opt.LoadBytes = 0, 0
	s = reopen()
	defer s.Close()
	recount(t, s)
	if got := contents(t, s, 1); !maps.Equal(got, after) {
		t.Errorf("%d messages in the small mailbox without a bound, want %d", len(got), len(after))
	}
	if n := len(contents(t, s, 2)); n != 1 {
		t.Errorf("%d messages in the large mailbox without a bound, want 1", n)
	}
}

// TestImportedFitTheNextStart: what a server has accepted, with unique-ids of another store, is all
// there when it starts again with the same memory.
func TestImportedFitTheNextStart(t *testing.T) {
	for name, uid := range map[string]string{"Maildir": "16000%05d.M123456P12345.mailserver.example.org", "numbers": "%060d"} {
		t.Run(name, func(t *testing.T) {
			opt := options(flashtest.New(flashtest.Options{}))
			opt.Capacity = 800 * testSlot
			opt.IndexBytes, opt.LoadBytes = 400<<10, 800<<10
			s, err := Open(context.Background(), opt)
			must(t, err)
			body := mail("x", 40)
			n := 0
			for ; ; n++ {
				d, err := s.Begin(context.Background(), Envelope{From: "a@b", UID: fmt.Sprintf(uid, n)}, []Recipient{{Mailbox: Key(1 + n%2)}})
				if errors.Is(err, ErrFull) {
					break
				}
				must(t, err)
				_, err = io.WriteString(d, body)
				must(t, err)
				must(t, d.Commit(context.Background(), shapeOf(body)))
			}
			must(t, s.Close())
			s, err = Open(context.Background(), opt)
			must(t, err)
			defer s.Close()
			if st := s.Stats(); st.Hidden > 0 || n < 10_000 { // buckets have 4096
				t.Errorf("%d of %d messages are hidden", st.Hidden, n)
			}
		})
	}
}
