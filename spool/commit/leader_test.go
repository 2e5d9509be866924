package commit

import (
	"errors"
	"fmt"
	"testing"

	"pillarbox/spool/flash"
	"pillarbox/spool/flash/flashtest"
	"pillarbox/spool/format"
	"pillarbox/spool/slots"
)

// fillUp delivers messages of half a page until mail finds no room.
func (s *store) fillUp(key format.Key) (n int) {
	s.t.Helper()
	for {
		err := s.log.Commit(intake(fmt.Sprint(n), 2_000, key))
		if errors.Is(err, slots.ErrFull) {
			return n
		}
		s.must(err)
		if n++; n > 10_000 {
			s.t.Fatal("the store is never full")
		}
	}
}

// TestMailIsRefusedAlone: in a batch that finds no room the mail gets ErrFull, and so do remote
// ids; deletes, labels and what has nothing to write are committed.
func TestMailIsRefusedAlone(t *testing.T) {
	s := newStore(t, flash.Recycle, 8)
	n := s.fillUp(1)
	if n < 20 {
		t.Fatalf("%d messages fill the store: the test shows nothing", n)
	}
	flushes := s.log.Counters().Lifetime.Flushes
	errs := s.behindLeader(
		[]Change{intake("no room", 300, 2)},
		[]Change{s.expunge(1, 3)},
		[]Change{note(7, 1)},
		[]Change{s.labelling(1, "l")},
		[]Change{intake("no room either", 300, 3), &Expunge{Key: 1}},
		[]Change{&Expunge{Key: 99}},
	)
	errorsAre(t, "a full store", errs, slots.ErrFull, nil, slots.ErrFull, nil, slots.ErrFull, nil)
	if s.living(1) != n-3 || s.living(2)+s.living(3) > 0 {
		t.Errorf("%d, %d and %d messages live, want %d, 0 and 0", s.living(1), s.living(2), s.living(3), n-3)
	}
	if n := s.log.Counters().Lifetime.Flushes - flushes; n != 1 {
		t.Errorf("%d flushes, want one batch", n)
	}
	if c := s.log.Counters(); c.ReadOnly {
		t.Error("a full store says that the device takes nothing")
	}
}

// TestMailLeavesTheReserve: whatever mail does, three slots stay free, and deletes find room in the
// segment that they are written to, or in another one.
func TestMailLeavesTheReserve(t *testing.T) {
	for _, mode := range []flash.Mode{flash.Recycle, flash.Append} {
		s := newStore(t, mode, 8)
		n := s.fillUp(1)
		if free := s.table.Probe().Available(); free < slots.Reserved {
			t.Errorf("%v: mail left %d slots, want %d", mode, free, slots.Reserved)
		}
		for i := range n { // one by one: each takes a page
			if err := s.log.Commit(s.expunge(1, 1)); err != nil {
				t.Fatalf("%v: delete %d of %d: %v", mode, i, n, err)
			}
		}
		s.commit(intake("again", 300, 1))
	}
}

// TestRoomIsMadeForMail: mail that finds no slot makes the leader retire what is dead and empty
// what is mostly dead, in the same commit.
func TestRoomIsMadeForMail(t *testing.T) {
	s := newStore(t, flash.Recycle, 8)
	n := s.fillUp(1)
	// Every second message goes: no segment dies, so room is made only by moving.
	x := s.expunge(1, n)
	var half []format.Identity
	for i := 0; i < len(x.IDs); i += 2 {
		half = append(half, x.IDs[i])
	}
	s.commit(&Expunge{Key: 1, IDs: half})
	copied := s.log.Counters().Lifetime.Copied
	more := s.fillUp(2)
	if s.log.Counters().Lifetime.Copied == copied {
		t.Error("nothing was moved")
	}
	if more < n/4 || s.living(1) != n-len(half) {
		t.Errorf("%d messages more were taken, %d of %d are left", more, s.living(1), n-len(half))
	}
	for s.living(1) > 0 { // each is where the index says
		if got := s.moveFirst(1); got.message.Recipients[0].Key != 1 {
			t.Fatalf("another message: %+v", got.message)
		}
		s.commit(s.expunge(1, 1))
	}
}

// TestRefuseMail: which members of a group are mail.
func TestRefuseMail(t *testing.T) {
	full := errors.New("full")
	for _, c := range []struct {
		name    string
		changes []Change
		refused bool
	}{
		{"mail", []Change{&Intake{}}, true},
		{"remote ids", []Change{&RemoteNote{}}, true},
		{"mail behind a delete", []Change{&Expunge{}, &Intake{}}, true},
		{"a delete", []Change{&Expunge{}}, false},
		{"labels", []Change{&Labelling{}}, false},
		{"a move", []Change{&Move{}}, false},
		{"nothing", nil, false},
	} {
		w := &waiting{changes: c.changes}
		rest := refuseMail([]*waiting{w}, full)
		if refused := len(rest) == 0; refused != c.refused || (w.err != nil) != c.refused {
			t.Errorf("%s: refused %v with %v, want %v", c.name, refused, w.err, c.refused)
		}
	}
}

// TestReadOnlyLog: a log that was opened for reading refuses every commit and awaits none.
func TestReadOnlyLog(t *testing.T) {
	s := newStoreOn(t, flashtest.New(flashtest.Options{}), 11, func(o *Options) { o.ReadOnly = true })
	for name, err := range map[string]error{
		"mail":    s.log.Commit(intake("m", 300, 1)),
		"nothing": s.log.Commit(),
	} {
		if !errors.Is(err, ErrReadOnly) {
			t.Errorf("%s: %v, want %v", name, err, ErrReadOnly)
		}
	}
	if err := s.log.AwaitBatch(); err != nil {
		t.Errorf("AwaitBatch: %v", err)
	}
	if n := s.dev.Ops(); n > 0 {
		t.Errorf("%d operations", n)
	}
}

// TestClosedLog: after Close every call returns ErrClosed or false, and the device is left alone.
func TestClosedLog(t *testing.T) {
	s := newStore(t, flash.Recycle, 11)
	s.commit(intake("m", 300, 1))
	if !s.log.Close() || s.log.Close() || !s.log.Closed() {
		t.Error("the first Close closes, and no other one")
	}
	ops := s.dev.Ops()
	w := s.log.Extents()
	for name, err := range map[string]error{
		"Commit":     s.log.Commit(intake("m", 300, 1)),
		"AwaitBatch": s.log.AwaitBatch(),
		"Extents":    w.Write(flash.Aligned(flash.Page)),
	} {
		if !errors.Is(err, slots.ErrClosed) {
			t.Errorf("%s: %v, want %v", name, err, slots.ErrClosed)
		}
	}
	if _, ok := s.log.Freeze(); ok {
		t.Error("a closed log was frozen")
	}
	if s.dev.Ops() > ops || s.dev.Handles() > 0 {
		t.Errorf("%d operations, %d files are open", s.dev.Ops()-ops, s.dev.Handles())
	}
}

// TestRefuseAhead: what is done ahead of time is refused during a hold, alone.
func TestRefuseAhead(t *testing.T) {
	s := newStore(t, flash.Recycle, 11)
	l := s.log.leader()
	group := func() []*waiting {
		return []*waiting{{ahead: true}, {}, {ahead: true, act: func() error { t.Error("it is done"); return nil }}}
	}
	if rest := l.refuseAhead(group()); len(rest) != 3 {
		t.Errorf("without a hold %d of 3 are left", len(rest))
	}
	s.table.Hold()
	g := group()
	if rest := l.refuseAhead(g); len(rest) != 1 || rest[0] != g[1] || g[1].err != nil {
		t.Errorf("during a hold %d of 3 are left", len(rest))
	}
	if !errors.Is(g[0].err, slots.ErrHeld) || !errors.Is(g[2].err, slots.ErrHeld) {
		t.Errorf("they get %v and %v, want %v", g[0].err, g[2].err, slots.ErrHeld)
	}
	s.must(s.log.AwaitBatch())
	if err := s.log.wait(g[2]); !errors.Is(err, slots.ErrHeld) {
		t.Errorf("%v, want %v", err, slots.ErrHeld)
	}
}

// TestDoubtIsSettledFirst: a batch of the hot log was refused and may be on the device. Before the
// cold log acknowledges anything, the hot one begins another segment, whose header says where the
// one before ended.
func TestDoubtIsSettledFirst(t *testing.T) {
	s := newStore(t, flash.Recycle, 11)
	s.commit(intake("before", 300, 1))
	old := s.end(format.ClassLog)
	s.dev.FailFrom(s.dev.Ops()+1, errDevice)
	if err := s.log.Commit(intake("refused", 300, 1)); !errors.Is(err, slots.ErrFault) {
		t.Fatal(err)
	}
	s.dev.Heal()
	if !s.log.own.hot.doubt {
		t.Fatal("the hot log is not in doubt: the test shows nothing")
	}
	stays := intake("stays", 300, 2)
	stays.Stays = true
	s.commit(stays)
	now := s.end(format.ClassLog)
	if s.log.own.hot.doubt || !now.Active || now.Last != old.Segment || now.LastEnd != old.End {
		t.Errorf("the hot log goes on at %+v, behind %+v", now, old)
	}
	list := s.onDevice(format.ClassLog)
	if len(list) < 1 || list[len(list)-1] != "manifest of 1" {
		t.Errorf("the segment that settles it holds %q", list)
	}
}

var errDevice = errors.New("the device fails")
