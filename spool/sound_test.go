package spool

import (
	"testing"

	"pillarbox/spool/flash/flashtest"
)

// TestSound: what was verified before is looked at again.
func TestSound(t *testing.T) {
	dev := flashtest.New(flashtest.Options{})
	s := open(t, dev)
	for range 2 {
		if err := deliver(s, mail("m", 300), 1); err != nil {
			t.Fatal(err)
		}
	}
	v, _ := s.View(1)
	for n, want := range map[int]bool{1: true, 2: true} {
		if got, err := v.Sound(n); got != want || err != nil {
			t.Errorf("message %d: %v, %v", n, got, err)
		}
	}
	dev.Corrupt("00000", int64(v.rows.At(0).Offset)*8+200, 4)
	for n, want := range map[int]bool{1: false, 2: true} {
		if got, err := v.Sound(n); got != want || err != nil {
			t.Errorf("message %d of a damaged slot: %v, %v", n, got, err)
		}
	}
}
