package spool

import (
	"errors"
	"fmt"
	"maps"
	"runtime"
	"slices"
	"strings"
	"time"

	"pillarbox/spool/commit"
	"pillarbox/spool/format"
)

// holdLead makes the caller the leader: what is committed from now on waits in the queue, until
// release lets its first member lead.
func holdLead(s *Spool) (release func()) {
	if _, ok := s.log.Freeze(); !ok {
		panic("the spool is closed")
	}
	return s.log.Thaw
}

func queued(s *Spool) int {
	n, _ := s.log.Probe().Waiting()
	return n
}

// enqueue starts do and returns when one more change waits for the leader, or do has returned
// without.
func enqueue(s *Spool, do func() error) (result chan error) {
	before := queued(s)
	result = make(chan error, 1)
	finished := make(chan struct{})
	go func() {
		result <- do()
		close(finished)
	}()
	for deadline := time.Now().Add(time.Minute); queued(s) == before; runtime.Gosched() {
		select {
		case <-finished:
			return result
		default:
		}
		if time.Now().After(deadline) {
			panic("it neither waits for the leader nor returns")
		}
	}
	return result
}

// A group is what became of the parts of a step that were committed together.
type group struct {
	parts   []step
	errs    []error
	touched []map[string]bool // unique-ids that the part deletes or labels
	flushes uint64            // while they were committed, those of bulk slots not included
	changed int               // parts that were acknowledged
	moved   bool              // mail was moved meanwhile, which takes batches of its own
}

// together queues all parts behind a held leader, each from a goroutine of its own, and lets them
// go as one group.
func together(parts ...step) step {
	var names []string
	for _, p := range parts {
		names = append(names, p.name)
	}
	g := &group{parts: parts}
	return step{name: "together: " + strings.Join(names, ", "), group: g, do: g.commit}
}

func (g *group) commit(s *Spool) error {
	*g = group{parts: g.parts}
	release := holdLead(s)
	var results []chan error
	for i := range g.parts {
		p := &g.parts[i]
		touched, err := p.touches(s)
		if err != nil {
			release()
			return err
		}
		g.touched = append(g.touched, touched)
		results = append(results, enqueue(s, func() error { return p.do(s) }))
	}
	before := s.Stats().Lifetime
	release()
	var failed error
	for _, r := range results {
		err := <-r
		g.errs = append(g.errs, err)
		if err == nil {
			g.changed++
		} else if !errors.Is(err, ErrFull) {
			failed = errors.Join(failed, err)
		}
	}
	after := s.Stats().Lifetime
	g.flushes, g.moved = after.Flushes-before.Flushes, after.Copied > before.Copied
	return failed
}

// touches returns the unique-ids that a part deletes or labels.
func (p *step) touches(s *Spool) (map[string]bool, error) {
	key := p.from + p.labels // one of them is 0
	if key == 0 {
		return nil, nil
	}
	v, err := s.View(key)
	if err != nil {
		return nil, err
	}
	defer v.Close()
	touched := make(map[string]bool)
	for n := 1; n <= v.Len(); n++ {
		if p.labels != 0 || !p.keep(n) {
			touched[string(v.AppendUID(nil, n))] = true
		}
	}
	return touched, nil
}

// A fate is what must have become of a part.
type fate int

const (
	happened fate = iota // it was acknowledged
	refused              // it was not, by a spool that goes on
	unsure               // the power was cut: all of it or nothing
)

func (g *group) fate(i int, cut bool) fate {
	switch {
	case i < len(g.errs) && g.errs[i] == nil:
		return happened
	case i < len(g.errs) && !cut || i < len(g.errs) && errors.Is(g.errs[i], ErrFull):
		return refused
	}
	return unsure
}

// check compares what the spool holds with what it owes after the group: each part that was
// acknowledged, no part that was refused, and of each other one all or nothing.
func (g *group) check(before, got *oracle, cut bool) error {
	left := got.clone()
	for key, old := range before.boxes {
		maps.DeleteFunc(left.boxes[key], func(uid, body string) bool { return old[uid] == body })
	}
	for i := range g.parts {
		p, fate := &g.parts[i], g.fate(i, cut)
		there, all := 0, 0
		switch {
		case p.mail != "":
			for _, key := range p.to {
				all++
				for uid, body := range left.boxes[key] {
					if body == own(key, p.mail) {
						delete(left.boxes[key], uid)
						there++
						break
					}
				}
			}
		case p.from != 0:
			for uid := range g.touched[i] {
				if g.byAnother(i, uid, p.from) {
					continue
				}
				all++
				if _, alive := got.boxes[p.from][uid]; !alive {
					there++
				}
			}
		case p.labels != 0:
			for uid := range g.touched[i] {
				_, alive := got.boxes[p.labels][uid]
				if _, had := before.marks[p.labels][uid]; had || !alive || g.byAnother(i, uid, p.labels) {
					continue
				}
				all++
				if _, has := got.marks[p.labels][uid]; has {
					there++
				}
			}
		}
		if there != all && there != 0 || there == 0 && all > 0 && fate == happened || there > 0 && fate == refused {
			return fmt.Errorf("%s (%v): %d of %d changes are there", p.name, g.errs, there, all)
		}
	}
	for key, more := range left.boxes {
		if len(more) > 0 {
			return fmt.Errorf("mailbox %d holds %d mails that nobody sent", key, len(more))
		}
		for uid := range before.boxes[key] {
			if _, alive := got.boxes[key][uid]; !alive && !g.byAnother(-1, uid, key) {
				return fmt.Errorf("mailbox %d: %s is lost", key, uid)
			}
		}
		for uid, day := range before.marks[key] {
			if _, alive := got.boxes[key][uid]; alive && got.marks[key][uid] != day {
				return fmt.Errorf("mailbox %d: the label of %s has day %d, not %d", key, uid, got.marks[key][uid], day)
			}
		}
	}
	return nil
}

// byAnother reports whether a part other than i deletes or labels a message as part i does; -1 asks
// for any that deletes it.
func (g *group) byAnother(i int, uid string, key Key) bool {
	for k, p := range g.parts {
		if k == i || !g.touched[k][uid] {
			continue
		}
		if i < 0 && p.from == key || i >= 0 && p.from == g.parts[i].from && p.labels == g.parts[i].labels {
			return true
		}
	}
	return false
}

// moves moves the oldest message of a mailbox to the cold log.
func moves(box Key) step {
	return step{name: fmt.Sprint("move ", box), do: func(s *Spool) error {
		mv, err := moveOf(s, box)
		if mv == nil || err != nil {
			return err
		}
		return s.log.Commit(mv)
	}}
}

func moveOf(s *Spool, box Key) (*commit.Move, error) {
	rows := boxOf(s, box)
	if rows == nil || rows.Live == 0 {
		return nil, nil
	}
	at := 0
	for rows.Dead.Has(at) {
		at++
	}
	return readMove(s, rows.Entries.At(at).Location())
}

// retires retires what is dead.
func retires() step {
	return step{name: "retire", do: func(s *Spool) error { return s.log.Commit() }}
}

// inGroups makes groups of some neighbours among the steps.
func inGroups(steps []step, size int) []step {
	var list, some []step
	flush := func() {
		if len(some) > 1 {
			list = append(list, together(append(slices.Clone(some), moves(2), retires())...))
		} else {
			list = append(list, some...)
		}
		some = nil
	}
	for _, st := range steps {
		if st.mail == "" && st.from == 0 && st.labels == 0 {
			flush()
			list = append(list, st)
			continue
		}
		if some = append(some, st); len(some) == size {
			flush()
		}
	}
	flush()
	return list
}

// enqueueLeader starts do and returns when it leads.
func enqueueLeader(s *Spool, do func() error) chan error {
	result := make(chan error, 1)
	go func() { result <- do() }()
	for leading := false; !leading; runtime.Gosched() {
		n, someone := s.log.Probe().Waiting()
		leading = someone && n == 0
	}
	return result
}

// intakeOf returns the change that Commit would make of a delivery whose extents are durable.
func intakeOf(d *Delivery, shape Shape) *commit.Intake {
	return &commit.Intake{
		Message: format.Message{Received: 1, Octets: uint32(shape.Octets), Header: uint32(shape.Header), Extents: d.large.List},
		To:      d.to,
	}
}
