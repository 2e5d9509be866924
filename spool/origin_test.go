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
	body := mail("m", 300)
	want := Origin{"otto@home.arpa", time.Unix(1_000_000_000, 0)}
	d, err := s.Begin(context.Background(), Envelope{From: want.From, UID: "old", Received: want.Received}, []Recipient{{Mailbox: 7}})
	if err != nil {
		t.Fatal(err)
	}
	d.Write([]byte(body))
	if err := d.Commit(context.Background(), shapeOf(body)); err != nil {
		t.Fatal(err)
	}
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
