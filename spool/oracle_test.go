package spool

import (
	"errors"
	"fmt"
	"maps"
	"slices"
)

// An oracle knows what the spool owes: mail by mailbox and unique-id.
type oracle struct {
	boxes map[Key]held
	given map[string]string      // every unique-id that was ever shown, and the mail that it is for
	marks map[Key]map[string]int // of the mail that is there, by unique-id
}

func newOracle() *oracle {
	return &oracle{boxes: map[Key]held{1: {}, 2: {}, 3: {}}, given: make(map[string]string), marks: make(map[Key]map[string]int)}
}

func (o *oracle) clone() *oracle {
	c := newOracle()
	for k, h := range o.boxes {
		c.boxes[k] = maps.Clone(h)
	}
	c.given = maps.Clone(o.given)
	c.marks = maps.Clone(o.marks) // a look replaces what is in it
	return c
}

// look takes the spool's word for it, where the step may have changed things.
func (o *oracle) look(s *Spool) error {
	for key := range o.boxes {
		h, err := read(s, key)
		if err != nil {
			return fmt.Errorf("mailbox %d: %w", key, err)
		}
		for uid, body := range h {
			if other, known := o.given[uid]; known && other != body {
				return fmt.Errorf("mailbox %d: unique-id %s was given out for another mail", key, uid)
			}
			o.given[uid] = body
		}
		o.boxes[key] = h
		if o.marks[key], err = readMarks(s, key); err != nil {
			return err
		}
	}
	return nil
}

// readMarks returns which mail of a mailbox has the label, and its day.
func readMarks(s *Spool, box Key) (map[string]int, error) {
	v, err := s.View(box)
	if err != nil {
		return nil, err
	}
	defer v.Close()
	marks := make(map[string]int)
	for n := 1; n <= v.Len(); n++ {
		if day, ok := v.Marked("l", n); ok {
			marks[string(v.AppendUID(nil, n))] = day
		}
	}
	return marks, nil
}

// checkMarks compares the labels of the mail that is there: those that were acknowledged, and all
// or nothing of the pending step.
func (o *oracle) checkMarks(got *oracle, pending *step) error {
	for key, now := range got.marks {
		more := 0
		for uid, day := range o.marks[key] {
			if _, there := got.boxes[key][uid]; there && now[uid] != day {
				return fmt.Errorf("mailbox %d: the label of %s has day %d, not %d", key, uid, now[uid], day)
			}
		}
		for uid := range now {
			if _, old := o.marks[key][uid]; !old {
				more++
			}
		}
		if more > 0 && (pending == nil || pending.labels != key || more != len(o.boxes[key])-len(o.marks[key])) {
			return fmt.Errorf("mailbox %d: %d labels that nobody gave", key, more)
		}
	}
	return nil
}

// check compares the spool with what it owes after a cut in the given step (nil: between two): all
// or nothing of that step, and everything of those before.
func (o *oracle) check(s *Spool, pending *step) error { return o.compare(s, pending, true) }

// compare is check; without a cut the parts of a group were acknowledged or refused for sure.
func (o *oracle) compare(s *Spool, pending *step, cut bool) error {
	got := o.clone()
	if err := got.look(s); err != nil {
		return err
	}
	if pending != nil && pending.group != nil {
		if err := pending.group.check(o, got, cut); err != nil {
			return err
		}
		maps.Copy(o.given, got.given)
		return s.recount()
	}
	before, after := 0, 0
	for key, want := range o.boxes {
		now := got.boxes[key]
		if pending != nil && slices.Contains(pending.to, key) && len(now) == len(want)+1 {
			now = maps.Clone(now)
			maps.DeleteFunc(now, func(uid, body string) bool {
				_, old := want[uid]
				return !old && body == own(key, pending.mail)
			})
			after++
		} else if pending != nil && pending.from == key && len(now) < len(want) {
			want = pending.left(s, want, key)
			after++
		} else if pending != nil && (slices.Contains(pending.to, key) || pending.from == key && pending.changes(want)) {
			before++
		}
		if !maps.Equal(now, want) {
			return fmt.Errorf("mailbox %d holds %d mails, want %d as acknowledged: lost %d, came back or changed %d",
				key, len(now), len(want), missing(want, now), missing(now, want))
		}
	}
	if before > 0 && after > 0 {
		return errors.New("a mail appeared for some recipients only")
	}
	if err := o.checkMarks(got, pending); err != nil {
		return err
	}
	maps.Copy(o.given, got.given)
	return s.recount()
}

func missing(of, in held) int {
	n := 0
	for uid, body := range of {
		if in[uid] != body {
			n++
		}
	}
	return n
}

// run does steps until the power is cut, and returns the one in which it was. again opens the spool
// anew, for steps that ask for it.
func (o *oracle) run(s *Spool, steps []step, again func() (*Spool, error)) (pending *step, err error) {
	for i := range steps {
		if steps[i].do == nil {
			s.Close()
			if s, err = again(); err != nil {
				return nil, err
			}
			continue
		}
		if err := steps[i].do(s); err != nil {
			return &steps[i], err
		}
		if steps[i].group != nil {
			if err := o.compare(s, &steps[i], false); err != nil {
				return &steps[i], err
			}
		}
		if err := o.look(s); err != nil {
			return &steps[i], err
		}
	}
	return nil, nil
}
