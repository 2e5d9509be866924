package commit

import (
	"slices"
	"sync"

	"pillarbox/spool/format"
	"pillarbox/spool/slots"
)

// A queue holds the commits that wait for a batch, and decides who leads.
//
// At most one goroutine leads at a time: leading is set by the commit that finds it unset, or by
// seize, and unset by the leader alone, when nothing waits. A leader that ends while others wait
// hands the lead to the first of them, so that leading stays set and none overtakes. mu is held
// for lists alone; it is never held while a batch is planned or written, and no other lock is taken
// under it.
type queue struct {
	mu      sync.Mutex
	list    []*waiting
	leading bool
	closed  bool
	idle    *sync.Cond // on mu; there is no leader
}

// A waiting commit is in the queue. Its changes are all for the same head, and all or none of them
// become durable.
type waiting struct {
	changes []Change
	act     func() error // what the leader does instead of writing changes; mostly nil
	ahead   bool         // it could be done later, so it is refused during a hold
	turn    chan bool    // true: lead; false: done, err holds
	err     error
}

func (w *waiting) weight() (n int64) {
	for _, c := range w.changes {
		n += c.weight()
	}
	return n
}

// isMail reports whether the commit delivers a message, which is refused when there is no room,
// while other changes are not.
func (w *waiting) isMail() bool {
	return slices.ContainsFunc(w.changes, func(c Change) bool {
		switch c.(type) {
		case *Intake, *RemoteNote:
			return true
		}
		return false
	})
}

// MaxBatch is about how many bytes a batch may have, so that its first change does not wait long.
const MaxBatch = 512 << 10

func (q *queue) init() { q.idle = sync.NewCond(&q.mu) }

// join adds a commit. If lead is true it leads now; otherwise its turn says so later.
func (q *queue) join(me *waiting) (lead bool, err error) {
	// Of size 1: the leader must not wait until a committer comes to read it.
	me.turn = make(chan bool, 1)
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.closed {
		return false, slots.ErrClosed
	}
	q.list = append(q.list, me)
	lead = !q.leading
	q.leading = true
	return lead, nil
}

// next removes the commits of the next batch: at least the first, and others for the same head, of
// about limit bytes together at most.
func (q *queue) next(limit int64) []*waiting {
	q.mu.Lock()
	defer q.mu.Unlock()
	first := q.list[0]
	group, rest := []*waiting{first}, []*waiting(nil)
	size := first.weight()
	for _, w := range q.list[1:] {
		weight := w.weight()
		// What does not fit, or is for the other log, keeps its place. It is not overtaken for
		// long: it is the first of the rest, or comes before all that joins later, and the first
		// always goes.
		if size+weight > limit || first.act != nil || w.act != nil || classOf(w.changes) != classOf(first.changes) {
			rest = append(rest, w)
			continue
		}
		size += weight
		group = append(group, w)
	}
	q.list = rest
	return group
}

// done lets the members of a group return whose batch was written or refused, and hands the lead
// on. The first of them leads, and knows.
func (q *queue) done(group []*waiting) {
	// Each err was set before its channel is written to, which is what lets its goroutine read it.
	for _, w := range group[1:] {
		w.turn <- false
	}
	q.handOn()
}

// handOn lets the first commit in the queue lead, or ends the lead if the queue is empty. The
// caller leads.
func (q *queue) handOn() {
	q.mu.Lock()
	defer q.mu.Unlock()
	if len(q.list) > 0 {
		q.list[0].turn <- true
		return
	}
	q.leading = false
	q.idle.Broadcast()
}

// seize waits until there is no leader, and keeps others from leading until handOn. It reports
// false if the queue is closed.
func (q *queue) seize() bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	// Under a constant load the lead is handed on and never ends; then seize waits as long. It is
	// for what can be done at another time.
	for q.leading && !q.closed {
		q.idle.Wait()
	}
	if q.closed {
		return false
	}
	q.leading = true
	return true
}

// close refuses further commits and waits for those under way. It returns false if the queue was
// closed already.
func (q *queue) close() bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.closed {
		return false
	}
	q.closed = true
	for q.leading {
		q.idle.Wait()
	}
	return true
}

func (q *queue) isClosed() bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.closed
}

// classOf returns the log that changes go to, which is the same for all of them.
func classOf(changes []Change) format.Class {
	if len(changes) == 0 {
		return format.ClassLog
	}
	switch c := changes[0].(type) {
	case *Move:
		return format.ClassCold
	case *Intake:
		if c.Stays {
			return format.ClassCold
		}
	}
	return format.ClassLog
}
