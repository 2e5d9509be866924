package spool

import (
	"context"
	"fmt"
	"iter"
	"maps"
	"math/rand/v2"
	"time"
)

// A step is one thing that a client asks of the spool.
type step struct {
	name string
	do   func(s *Spool) error
	mail string // that the step delivers; "" for a delete
	to   []Key
	from Key            // mailbox that the step deletes from
	keep func(int) bool // what it keeps there

	labels Key // mailbox of which the step labels all mail

	group *group // parts that are committed together; nil for most steps
}

func delivers(name string, size int, to ...Key) step {
	body := mail(name, size)
	return step{name: "deliver " + name, mail: body, to: to, do: func(s *Spool) error { return deliver(s, body, to...) }}
}

// imports takes mail as an import does: for one mailbox, with the unique-id of another store and an
// old date.
func imports(name string, size int, to Key) step {
	body := mail(name, size)
	return step{name: "import " + name, mail: body, to: []Key{to}, do: func(s *Spool) error {
		envelope := Envelope{UID: "old-" + name, Received: time.Unix(1, 0)}
		d, err := s.Begin(context.Background(), envelope, []Recipient{{Mailbox: to, Head: []byte(own(to, ""))}})
		if err != nil {
			return err
		}
		if _, err := d.Write([]byte(body)); err != nil {
			d.Abort()
			return err
		}
		return d.Commit(context.Background(), shapeOf(body))
	}}
}

func deletes(from Key, keep func(int) bool) step {
	return step{name: fmt.Sprint("expunge ", from), from: from, keep: keep, do: func(s *Spool) error { return expungeAll(s, from, keep) }}
}

// labels gives all mail of a mailbox a label.
func labels(box Key, day int) step {
	return step{name: fmt.Sprint("label ", box), labels: box, do: func(s *Spool) error {
		v, err := s.View(box)
		if err != nil {
			return err
		}
		defer v.Close()
		return v.Update(context.Background(), Change{Marks: []Mark{{Label: "l", Day: day, Messages: numbers(v.Len())}}})
	}}
}

func numbers(n int) iter.Seq[int] {
	return func(yield func(int) bool) {
		for i := 1; i <= n && yield(i); i++ {
		}
	}
}

// compacts moves what lives out of a segment, whether room is short or not.
func compacts() step {
	return step{name: "compact", do: func(s *Spool) error {
		for range 3 {
			if progress, err := s.log.Clean(); err != nil || !progress {
				return err
			}
		}
		return nil
	}}
}

// left returns what a finished delete leaves of h: whatever the spool has of it, if it is as many.
func (p *step) left(s *Spool, h held, key Key) held {
	kept := 0
	for n := 1; n <= len(h); n++ {
		if p.keep(n) {
			kept++
		}
	}
	now, err := read(s, key)
	if err != nil || len(now) != kept {
		return h
	}
	left := maps.Clone(h)
	maps.DeleteFunc(left, func(uid, _ string) bool { _, there := now[uid]; return !there })
	return left
}

func (p *step) changes(h held) bool {
	for n := 1; n <= len(h); n++ {
		if !p.keep(n) {
			return true
		}
	}
	return false
}

func name(s *step) string {
	if s == nil {
		return "open"
	}
	return s.name
}

// randomSteps draws what a household does in an hour.
func randomSteps(seed uint64) []step {
	rng := rand.New(rand.NewPCG(seed, 1))
	var steps []step
	for i := range 60 {
		box := Key(1 + rng.IntN(3))
		switch rng.IntN(10) {
		case 0:
			steps = append(steps, deletes(box, odd))
		case 1, 2:
			steps = append(steps, deletes(box, none))
		case 3:
			steps = append(steps, deletes(box, first))
		case 4:
			steps = append(steps, compacts(), labels(box, i))
		case 5:
			if i%4 == 0 {
				steps = append(steps, imports(fmt.Sprint(i), 100+rng.IntN(20_000), box))
			}
			steps = append(steps, delivers(fmt.Sprint("many ", i), 100+rng.IntN(8000), 1, 2, 3))
		case 6:
			steps = append(steps, delivers(fmt.Sprint("large ", i), 12_000+rng.IntN(50_000), box))
		case 7:
			if i%3 == 0 {
				steps = append(steps, step{name: "open again"})
			}
		default:
			steps = append(steps, delivers(fmt.Sprint("small ", i), 100+rng.IntN(11_000), box))
		}
		if i%12 == 11 { // so that it never gets full
			steps = append(steps, deletes(1, none), deletes(2, first), deletes(3, none), compacts())
		}
	}
	return steps
}

func odd(n int) bool { return n%2 == 1 }

func first(n int) bool { return n == 1 }

// powerCutSteps deliver, deliver to several, deliver large mail, expunge, seal and recycle.
func powerCutSteps() []step {
	steps := []step{
		delivers("stays", 300, 2),
		delivers("anchor", 300, 1),
		delivers("one", 400, 1),
		delivers("two", 3000, 2, 1),
		delivers("large", 40_000, 3),
		deletes(1, first),
		delivers("three", 9000, 2, 3),
		deletes(3, none),
		delivers("long", 90_000, 2),
		deletes(2, first),
	}
	for i := range 20 {
		steps = append(steps, delivers(fmt.Sprint("filler ", i), []int{11_000, 7000, 14_000}[i%3], 3))
		if i%2 == 1 {
			steps = append(steps, deletes(3, none))
		}
		if i%5 == 4 {
			steps = append(steps, delivers(fmt.Sprint("big ", i), 50_000, 2), deletes(2, first))
		}
		switch i {
		case 7: // in a segment that will die before the one of the anchor, which holds on to it
			steps = append(steps, deletes(1, none))
		case 1, 8:
			steps = append(steps, imports(fmt.Sprint("small-", i), 500, 1), imports(fmt.Sprint("large-", i), 20_000, 2))
		case 3, 13:
			steps = append(steps, labels(2, i), labels(1, i))
		case 9, 14:
			steps = append(steps, step{name: "open again"})
		case 5, 12, 17:
			steps = append(steps, delivers(fmt.Sprint("stays too ", i), 700, 1), compacts(), delivers("large again", 40_000, 2), compacts())
		}
	}
	return steps
}
