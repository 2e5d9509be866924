package spool

import (
	"context"
	"slices"
	"testing"
	"time"

	"pillarbox/spool/flash/flashtest"
)

// TestOrigin: what the envelope said is with the mail after another start.
func TestOrigin(t *testing.T) {
	dev := flashtest.New(flashtest.Options{})
	s := open(t, dev)
	want := Origin{From: "otto@home.arpa", Received: time.Unix(1_000_000_000, 0)}
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

// TestImportedUniqueIDStays: a session tells the unique-id that it told before, whatever another
// one has deleted meanwhile, and what came meanwhile takes no part in it.
func TestImportedUniqueIDStays(t *testing.T) {
	dev := flashtest.New(flashtest.Options{})
	s := open(t, dev)
	for _, uid := range []string{"one", "two", "three"} {
		bring(t, s, Envelope{UID: uid})
	}
	first, _ := s.View(7)
	second, _ := s.View(7)
	must(t, second.Expunge(context.Background(), only(2)))
	must(t, second.Expunge(context.Background(), only(1)))
	second.Close()
	bring(t, s, Envelope{UID: "four"})
	bring(t, s, Envelope{})
	if got := uidsOf(first); !slices.Equal(got, []string{"one", "two", "three"}) {
		t.Errorf("the session that began before knows %q", got)
	}
	first.Close()
	if n := boxOf(s, 7).Imported.Len(); n != 2 {
		t.Errorf("%d unique-ids stay in memory", n)
	}
	for range 2 {
		third, _ := s.View(7)
		got := uidsOf(third)
		if len(got) != 3 || got[0] != "three" || got[1] != "four" || len(got[2]) != 20 {
			t.Errorf("the next session knows %q", got)
		}
		s.Close()
		s = open(t, dev.Clone())
	}
	s.Close()
}

// uidsOf returns the unique-ids of a view, which are the same in another order.
func uidsOf(v *View) []string {
	all := make([]string, v.Len())
	for n := v.Len(); n > 0; n-- {
		all[n-1] = string(v.AppendUID(nil, n))
	}
	for n := range all {
		if again := string(v.AppendUID(nil, n+1)); again != all[n] {
			all[n] += " and " + again
		}
	}
	return all
}
