package spool

import (
	"context"
	"errors"
	"testing"

	"pillarbox/spool/flash/flashtest"
)

// TestJudgedDelivery: a delivery whose room the caller has judged begins in a full spool. The bytes
// of a large one still need room.
func TestJudgedDelivery(t *testing.T) {
	s := open(t, flashtest.New(flashtest.Options{}))
	for err := error(nil); !errors.Is(err, ErrFull); {
		err = deliver(s, mail("fill", 9000), 1)
		if err != nil && !errors.Is(err, ErrFull) {
			t.Fatal(err)
		}
	}
	to := []Recipient{{Mailbox: 2}}
	if _, err := s.Begin(context.Background(), Envelope{Size: 9000}, to); !errors.Is(err, ErrFull) {
		t.Errorf("a delivery began with %v, want ErrFull", err)
	}
	d, err := s.Begin(context.Background(), Envelope{Size: 9000, Judged: true}, to)
	if err != nil {
		t.Fatalf("a judged delivery did not begin: %v", err)
	}
	defer d.Abort()
	for err = nil; err == nil; {
		_, err = d.Write(make([]byte, 32<<10))
	}
	if !errors.Is(err, ErrFull) {
		t.Errorf("a full spool took the bytes until %v, want ErrFull", err)
	}
}
