package remote

import (
	"context"
	"strings"
	"testing"

	"pillarbox/appliance/config"
	"pillarbox/appliance/remote/session"
)

// lists collects a few times, as the schedule does, and returns how often the mailbox was listed.
func (x *place) lists(times int) (n int) {
	x.t.Helper()
	before := len(x.p.commands)
	for range times {
		if _, err := x.c.collect(context.Background(), x.a, order{}); err != nil {
			x.t.Fatal(err)
		}
	}
	for _, command := range x.p.commands[before:] {
		if command == "list" {
			n++
		}
	}
	return n
}

// TestUnchanged: a mailbox of which nothing has changed is listed each fourth time. A command lists
// it always.
func TestUnchanged(t *testing.T) {
	x := newPlace(t, 5)
	if n := x.lists(1); n != 1 {
		t.Fatalf("%d listings at first", n)
	}
	if n := x.lists(8); n != 2 {
		t.Errorf("%d listings of 8 collections without a change", n)
	}
	if st := x.c.states["a"].report; st.Listed != 5 {
		t.Errorf("without a listing: %+v", st)
	}
	x.p.messages = append(x.p.messages, newLetter(7, 300))
	if n := x.lists(1); n != 1 || x.k.Count(x.a.Number()) != 8 {
		t.Errorf("%d listings with one more, %d ids", n, x.k.Count(x.a.Number()))
	}
	before := strings.Count(strings.Join(x.p.commands, " "), "list")
	x.collect()
	x.collect()
	if n := strings.Count(strings.Join(x.p.commands, " "), "list") - before; n != 2 {
		t.Errorf("%d listings by commands", n)
	}
}

// TestUnchangedProven: over IMAP the mark proves that the listing is as before, so that a mailbox
// in which nothing is deleted is listed once a day.
func TestUnchangedProven(t *testing.T) {
	x := newPlace(t, 5)
	x.a.Fetch = config.FetchIMAP
	x.lists(1)
	if n := x.lists(9); n != 0 {
		t.Errorf("%d listings of 9 collections without a change", n)
	}
	past := &x.c.states["a"].past
	past.at = past.at.Add(-longestUnlisted)
	if n := x.lists(3); n != 1 {
		t.Errorf("%d listings a day later", n)
	}
	x.a.Largest++
	if n := x.lists(1); n != 1 {
		t.Errorf("%d listings with another limit", n)
	}
	x.a.After = 7
	if n := x.lists(4); n != 1 {
		t.Errorf("%d listings of 4 where messages are deleted after days", n)
	}
}

// TestUnchangedOfAnother: what is known of a mailbox is not taken for another one with the same
// numbers.
func TestUnchangedOfAnother(t *testing.T) {
	x := newPlace(t, 5)
	x.lists(1)
	for name, change := range map[string]func(){
		"another login":    func() { x.a.User = "otto" },
		"another protocol": func() { x.a.Fetch = config.FetchIMAP },
	} {
		if change(); x.lists(1) != 1 {
			t.Errorf("%s: it was not listed", name)
		}
	}
}

// TestUnfinished: as long as something is left to do, a mailbox is listed.
func TestUnfinished(t *testing.T) {
	waiting := newPlace(t, 10)
	waiting.a.Daily = config.Size(len(waiting.p.messages[0].content) * 4)
	failing := newPlace(t, 3)
	failing.p.broken = map[uint64]session.Kind{2: session.Refused}
	for name, x := range map[string]*place{"messages wait for the next day": waiting, "a message failed": failing} {
		if n := x.lists(3); n != 3 {
			t.Errorf("%s: %d listings of 3 collections", name, n)
		}
	}
	broken := newPlace(t, 3)
	broken.lists(1)
	broken.p.messages = append(broken.p.messages, newLetter(9, 400))
	broken.p.fail["fetch"] = 1
	broken.c.collect(context.Background(), broken.a, order{})
	if n := broken.lists(1); n != 1 || broken.k.Count(broken.a.Number()) != 6 {
		t.Errorf("after a broken line: %d listings", n)
	}
	again := newPlace(t, 3)
	again.lists(1)
	again.p.fail["list"] = 1
	again.c.Collect(context.Background(), again.a, false)
	if n := again.lists(1); n != 1 {
		t.Errorf("after a listing that broke: %d listings", n)
	}
	deleting := newPlace(t, 3)
	deleting.a.After = config.FromNow
	deleting.lists(1)
	if len(deleting.p.messages) != 0 || deleting.lists(2) != 1 {
		t.Errorf("%d messages are left", len(deleting.p.messages))
	}
}

// refusing is a store whose mailbox has a limit.
type refusing struct {
	kept
	most    int64 // octets for which there is room; 0: no limit
	growing bool  // the second message of the next commit is larger than its size said
}

func (s *refusing) Room(_ *Account, octets int64) error {
	if s.most > 0 && octets > s.most {
		return ErrRefused
	}
	return nil
}

func (s *refusing) Commit(ctx context.Context, list []Delivery) (int, error) {
	if !s.growing || len(list) < 2 {
		return s.kept.Commit(ctx, list)
	}
	s.growing = false
	n, err := s.kept.Commit(ctx, list[:1])
	for _, d := range list[1:] {
		d.Abort()
	}
	if err == nil {
		err = ErrRefused
	}
	return n, err
}

// TestBehindRefused: what was fetched together with a message that the store refused comes with the
// next collection, over IMAP as well.
func TestBehindRefused(t *testing.T) {
	x := newPlace(t, 5)
	x.a.Fetch = config.FetchIMAP
	x.c.Store = &refusing{kept: x.k, growing: true}
	x.lists(1)
	const past = 2 // ids of earlier collections, which newPlace notes
	if n := x.lists(1); n != 1 || x.k.Count(x.a.Number()) != past+4 {
		t.Errorf("%d listings, %d ids, want 1 and %d", n, x.k.Count(x.a.Number()), past+4)
	}
}

// TestMoreRoom: a message for which there was no room is fetched soon after there is, though the
// mailbox at the provider is as before.
func TestMoreRoom(t *testing.T) {
	x := newPlace(t, 5)
	x.a.Fetch = config.FetchIMAP
	s := &refusing{kept: x.k, most: 1}
	x.c.Store = s
	x.lists(1)
	none := x.k.Count(x.a.Number())
	s.most = 0
	if x.lists(mostUnlisted + 1); x.k.Count(x.a.Number()) != none+5 {
		t.Errorf("%d ids, want %d", x.k.Count(x.a.Number()), none+5)
	}
}
