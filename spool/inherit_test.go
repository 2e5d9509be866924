package spool

import (
	"testing"

	"pillarbox/spool/flash/flashtest"
)

// TestInheritedTombstonesNameEveryCopy finds a tombstone of two graves in a retired segment: both are written again.
func TestInheritedTombstonesNameEveryCopy(t *testing.T) {
	s := open(t, flashtest.New(flashtest.Options{}))
	if err := deliver(s, mail("m", 300), 1); err != nil {
		t.Fatal(err)
	}
	id := s.mailboxes[1].rows[0].identity
	g := grave{1, 99, id.epoch, s.tags[id.epoch], []uint32{id.seq}} // where it was moved to, which is not in the copy
	here := g
	here.segment = s.log.hot.active.header.segment
	l := &loader{Spool: s}
	s.inherited = []grave{g, here}
	l.finish()
	if len(s.inherited) != 2 {
		t.Errorf("%d graves are written again, want 2", len(s.inherited))
	}
}
