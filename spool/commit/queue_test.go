package commit

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"pillarbox/spool/flash"
	"pillarbox/spool/slots"
)

// weighty is a change of a given weight.
type weighty struct {
	Change
	bytes int64
}

func (w weighty) weight() int64 { return w.bytes }

func newQueue() *queue {
	q := &queue{}
	q.init()
	return q
}

// TestNextTakesWhatGoesTogether: the next batch has the first commit, and those behind it that are
// for the same log and fit within the limit; the others keep their order.
func TestNextTakesWhatGoesTogether(t *testing.T) {
	act := func() error { return nil }
	one := func(name string, bytes int64) *waiting { return &waiting{changes: []Change{weighty{bytes: bytes}}} }
	cold := func() *waiting { return &waiting{changes: []Change{&Intake{Stays: true}}} }
	for _, c := range []struct {
		name  string
		list  []*waiting
		limit int64
		want  string // positions in the batch, then those that wait
	}{
		{"one alone", []*waiting{one("a", 5)}, 10, "0 |"},
		{"all of them", []*waiting{one("a", 3), one("b", 3), one("c", 3)}, 10, "0 1 2 |"},
		{"a large one in front", []*waiting{one("a", 99), one("b", 3)}, 10, "0 | 1"},
		{"a large one in the middle", []*waiting{one("a", 3), one("b", 99), one("c", 3)}, 10, "0 2 | 1"},
		{"exactly full", []*waiting{one("a", 5), one("b", 5), one("c", 1)}, 10, "0 1 | 2"},
		{"another log", []*waiting{one("a", 3), cold(), one("c", 3)}, 1000, "0 2 | 1"},
		{"the other log first", []*waiting{cold(), one("b", 3), cold()}, 1000, "0 2 | 1"},
		{"an act alone", []*waiting{{act: act}, one("b", 3)}, 10, "0 | 1"},
		{"an act behind", []*waiting{one("a", 3), {act: act}, one("c", 3)}, 10, "0 2 | 1"},
		{"nothing to write goes with the hot log", []*waiting{{}, one("b", 3), {}}, 10, "0 1 2 |"},
	} {
		t.Run(c.name, func(t *testing.T) {
			q := newQueue()
			for i, w := range c.list {
				lead, err := q.join(w)
				if err != nil || lead != (i == 0) {
					t.Fatalf("commit %d leads: %v, %v", i, lead, err)
				}
			}
			var got []string
			for _, w := range append(q.next(c.limit), append([]*waiting{nil}, q.list...)...) {
				at := "|"
				for i := range c.list {
					if c.list[i] == w {
						at = fmt.Sprint(i)
					}
				}
				got = append(got, at)
			}
			if strings.Join(got, " ") != c.want {
				t.Errorf("%q, want %q", strings.Join(got, " "), c.want)
			}
		})
	}
}

// TestTheLeadIsHandedOn: when a batch is done its members return, the first one that waits leads,
// and when none waits the next to join does.
func TestTheLeadIsHandedOn(t *testing.T) {
	q := newQueue()
	a, b, c := &waiting{}, &waiting{}, &waiting{act: func() error { return nil }}
	q.join(a)
	q.join(b)
	q.join(c)
	group := q.next(10)
	if len(group) != 2 {
		t.Fatalf("%d members", len(group))
	}
	q.done(group)
	if lead := <-b.turn; lead {
		t.Error("a member of a batch that is done leads")
	}
	if lead := <-c.turn; !lead {
		t.Error("the next one does not lead")
	}
	q.done(q.next(10))
	if lead, err := q.join(&waiting{}); !lead || err != nil {
		t.Errorf("in an idle queue: leads %v, %v", lead, err)
	}
}

// TestSeizeWaitsForTheLeader: the lead is seized when the batch is done, and others wait meanwhile.
func TestSeizeWaitsForTheLeader(t *testing.T) {
	q := newQueue()
	q.join(&waiting{})
	group := q.next(10)
	seized := make(chan bool)
	go func() { seized <- q.seize() }()
	q.done(group)
	if !<-seized {
		t.Fatal("it was not seized")
	}
	w := &waiting{}
	if lead, _ := q.join(w); lead {
		t.Error("a commit leads while the lead is seized")
	}
	q.handOn()
	if lead := <-w.turn; !lead {
		t.Error("it does not lead afterwards")
	}
}

// TestCloseWaitsForTheLeader: Close refuses what comes and waits for what is under way, those in
// the queue included; a lead that was waited for to be seized is not.
func TestCloseWaitsForTheLeader(t *testing.T) {
	q := newQueue()
	a, b := &waiting{}, &waiting{act: func() error { return nil }}
	q.join(a)
	q.join(b)
	closed, seized := make(chan bool), make(chan bool)
	go func() { seized <- q.seize() }()
	go func() { closed <- q.close() }()
	waitFor(t, "it is closed", q.isClosed)
	if _, err := q.join(&waiting{}); !errors.Is(err, slots.ErrClosed) {
		t.Errorf("a commit after Close: %v", err)
	}
	q.done(q.next(10))
	if !<-b.turn {
		t.Error("what was queued before does not get its turn")
	}
	select {
	case <-closed:
		t.Error("Close does not wait for it")
	default:
	}
	q.done(q.next(10))
	if !<-closed || <-seized {
		t.Error("Close did not close, or a closed queue was seized")
	}
	if q.close() {
		t.Error("a second Close closes")
	}
}

// TestCommittersShareAFlush: what waits behind a leader is one batch; each gets its own error.
func TestCommittersShareAFlush(t *testing.T) {
	s := newStore(t, flash.Recycle, 11)
	s.commit(intake("first", 300, 1))
	before := s.log.Counters().Lifetime.Flushes
	var groups [][]Change
	for i := range 8 {
		groups = append(groups, []Change{intake(fmt.Sprint(i), 300, 2)})
	}
	errorsAre(t, "eight at once", s.behindLeader(groups...), make([]error, 8)...)
	if n := s.log.Counters().Lifetime.Flushes - before; n != 1 {
		t.Errorf("%d flushes for 8 commits that waited together", n)
	}
	if s.living(2) != 8 {
		t.Errorf("%d of 8 messages live", s.living(2))
	}
}

// TestProgressCounts: a commit is busy while it is waited for, and each batch is a step.
func TestProgressCounts(t *testing.T) {
	s := newStore(t, flash.Recycle, 11)
	busy, before := s.log.Progress()
	if busy {
		t.Error("an idle log is busy")
	}
	s.log.Freeze()
	done := make(chan error)
	go func() { done <- s.log.Commit(intake("m", 300, 1)) }()
	waitFor(t, "the log is busy", func() bool { busy, _ := s.log.Progress(); return busy })
	s.log.Step()
	if _, steps := s.log.Progress(); steps != before+1 {
		t.Errorf("%d steps, want %d: of a log that is frozen", steps-before, 1)
	}
	s.log.Thaw()
	s.must(<-done)
	if busy, steps := s.log.Progress(); busy || steps < before+3 {
		t.Errorf("busy %v, %d steps after a batch", busy, steps-before)
	}
}
