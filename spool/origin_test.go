package spool

import (
	"context"
	"testing"
	"time"

	"pillarbox/spool/flash/flashtest"
)

// TestOrigin: what the envelope said is with the mail after another start.
func TestOrigin(t *testing.T) {
	dev := flashtest.New(flashtest.Options{})
	s := open(t, dev)
	want := Origin{"otto@home.arpa", time.Unix(1_000_000_000, 0)}
	bring(t, s, Envelope{From: want.From, UID: "old", Received: want.Received})
	s.Close()
	s = open(t, dev)
	defer s.Close()
	v, _ := s.View(7)
	m, err := v.Message(1)
	if err != nil {
		t.Fatal(err)
	}
	defer m.Close()
	if got := m.Origin(); got != want {
		t.Errorf("%+v, want %+v", got, want)
	}
	if got := string(v.AppendUID(nil, 1)); got != "old" {
		t.Errorf("the unique-id is %q", got)
	}
}

// bring imports a mail.
func bring(t *testing.T, s *Spool, e Envelope) {
	t.Helper()
	body := mail("m", 300)
	d, err := s.Begin(context.Background(), e, []Recipient{{Mailbox: 7}})
	if err != nil {
		t.Fatal(err)
	}
	d.Write([]byte(body))
	if err := d.Commit(context.Background(), shapeOf(body)); err != nil {
		t.Fatal(err)
	}
}

// TestImportedUniqueIDStays: a session tells the unique-id that it told before, whatever another one has deleted meanwhile.
func TestImportedUniqueIDStays(t *testing.T) {
	s := open(t, flashtest.New(flashtest.Options{}))
	defer s.Close()
	for _, uid := range []string{"one", "two", "three"} {
		bring(t, s, Envelope{UID: uid})
	}
	first, _ := s.View(7)
	second, _ := s.View(7)
	must(t, second.Expunge(context.Background(), only(2)))
	second.Close()
	second.Close()
	for n, want := range []string{"one", "two", "three"} {
		if got := string(first.AppendUID(nil, n+1)); got != want {
			t.Errorf("message %d: the unique-id is %q, want %q", n+1, got, want)
		}
	}
	third, _ := s.View(7)
	first.Close()
	third.Close()
	if box := s.mailboxes[7]; len(box.imported) != 2 || box.views != 0 || box.parted != nil {
		t.Errorf("%d unique-ids stay in memory, %d views, %d parted", len(box.imported), box.views, len(box.parted))
	}
}
