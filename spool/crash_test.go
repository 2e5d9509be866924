package spool

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"iter"
	"maps"
	"math/rand/v2"
	"runtime"
	"slices"
	"testing"
	"time"

	"pillarbox/spool/flash"
	"pillarbox/spool/flash/flashtest"
)

// How far the crash tests go. Every operation is cut, but with -short.
var crashStates = flag.Int("crash.states", 12, "outcomes that the crash tests try of each power cut")

// statesPerCut is crashStates, or little with -short: for the race detector.
func statesPerCut() int {
	if testing.Short() {
		return 2
	}
	return *crashStates
}

// outcomes yields what may come back after a cut, evenly thinned out to about n.
func outcomes(dev *flashtest.Device, seed uint64, n int) iter.Seq2[string, *flashtest.Device] {
	return func(yield func(string, *flashtest.Device) bool) {
		all := 0
		for range dev.Outcomes(seed, 6) {
			all++
		}
		stride := max(1, all/n)
		i := int(seed) % stride
		for title, after := range dev.Outcomes(seed, 6) {
			if i++; i%stride == 0 && !yield(title, after) {
				return
			}
		}
	}
}

// A step is one thing that a client asks of the spool.
type step struct {
	name string
	do   func(s *Spool) error
	mail string // that the step delivers; "" for a delete
	to   []Key
	from Key            // mailbox that the step deletes from
	keep func(int) bool // what it keeps there

	labels Key // mailbox of which the step labels all mail
}

func delivers(name string, size int, to ...Key) step {
	body := mail(name, size)
	return step{name: "deliver " + name, mail: body, to: to, do: func(s *Spool) error { return deliver(s, body, to...) }}
}

// imports takes mail as an import does: for one mailbox, with the unique-id of another store and an old date.
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
			if progress, err := s.compactSome(s.commit); err != nil || !progress {
				return err
			}
		}
		return nil
	}}
}

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

// checkMarks compares the labels of the mail that is there: those that were acknowledged, and all or nothing of the pending step.
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

// check compares the spool with what it owes after a cut in the given step (nil: between two): all or
// nothing of that step, and everything of those before.
func (o *oracle) check(s *Spool, pending *step) error {
	got := o.clone()
	if err := got.look(s); err != nil {
		return err
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

// run does steps until the power is cut, and returns the one in which it was. again opens the spool anew, for steps that ask
// for it.
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
		if err := o.look(s); err != nil {
			return &steps[i], err
		}
	}
	return nil, nil
}

// A crash cuts the power at an operation of the steps, and at the operations of what follows.
type crash struct {
	t      *testing.T
	mode   flash.Mode
	steps  []step
	opens  uint64 // gives every open other random numbers
	states int

	recycled bool // the steps write a slot over
}

func (c *crash) open(dev *flashtest.Device) (*Spool, error) {
	c.opens++
	opt := options(dev)
	opt.Capacity = 11 * testSlot
	opt.Rand = newSeeded(c.opens)
	opt.Now = func() time.Time { return time.Unix(int64(20_000+dev.Ops()/16)*86400, 0) } // some mail becomes old, see habit
	return Open(context.Background(), opt)
}

// operations returns how many operations the steps take when nothing happens.
func (c *crash) operations() int {
	c.t.Helper()
	dev := flashtest.New(flashtest.Options{Mode: c.mode})
	s, err := c.open(dev)
	if err != nil {
		c.t.Fatal(err)
	}
	again := func() (*Spool, error) {
		recount(c.t, s)
		s, err = c.open(dev)
		return s, err
	}
	if step, err := newOracle().run(s, c.steps, again); err != nil {
		c.t.Fatalf("%s: %v", name(step), err)
	}
	recount(c.t, s)
	c.recycled = s.nextSegment > uint64(s.Stats().Slots)
	return dev.Ops()
}

// at cuts the power in operation k and tries what can come of it.
func (c *crash) at(k int) {
	dev := flashtest.New(flashtest.Options{Mode: c.mode})
	dev.CutAt(k)
	o := newOracle()
	var pending *step
	s, err := c.open(dev)
	if err == nil {
		pending, err = o.run(s, c.steps, func() (*Spool, error) { return c.open(dev) })
	}
	if err == nil || !dev.Dead() {
		c.t.Fatalf("no power cut in operation %d: %v", k, err)
	}
	for title, after := range outcomes(dev, uint64(k), statesPerCut()) {
		if err := c.recover(after, o.clone(), pending); err != nil {
			c.t.Errorf("cut in operation %d (%s), %s: %v", k, name(pending), title, err)
			return
		}
	}
}

func name(s *step) string {
	if s == nil {
		return "open"
	}
	return s.name
}

// recover opens what came back, and checks it. Then the box goes on, is cut once more, and must still hold.
func (c *crash) recover(dev *flashtest.Device, o *oracle, pending *step) error {
	c.states++
	s, err := c.open(dev)
	if err != nil {
		return fmt.Errorf("open: %w", err)
	}
	if err := o.check(s, pending); err != nil {
		return err
	}
	if n := s.Stats().Damaged; n > 0 {
		return fmt.Errorf("%d records reported as damaged after a mere power cut", n)
	}
	if err := o.look(s); err != nil {
		return err
	}
	if c.states%8 != 0 {
		return nil
	}
	next := delivers("next", 300, 1, 3)
	dev.CutAt(dev.Ops() + 1 + c.states/8%2)
	err = next.do(s)
	if err == nil {
		if err := o.look(s); err != nil {
			return err
		}
		dev.Cut()
	}
	left := &next
	if err == nil {
		left = nil
	}
	for title, after := range outcomes(dev, uint64(c.states), min(8, statesPerCut())) {
		c.states++
		s, err := c.open(after)
		if err != nil {
			return fmt.Errorf("second cut, %s: open: %w", title, err)
		}
		if err := o.clone().check(s, left); err != nil {
			return fmt.Errorf("second cut, %s: %w", title, err)
		}
	}
	return nil
}

var crashSeed = flag.Uint64("crash.seed", 0, "seed of the first steps that TestPowerCutLong tries")

var crashTotal = flag.Int("crash.total", 0, "states that TestPowerCutLong tries: 10000000 takes about half an hour")

// TestPowerCutLong does what TestPowerCut does with steps drawn at random, until it has tried as many states as -crash.total asks for. What
// it finds is found again with the seed that it prints.
func TestPowerCutLong(t *testing.T) {
	if *crashTotal == 0 {
		t.Skip("runs with -crash.total=N")
	}
	workers := runtime.GOMAXPROCS(0)
	for w := range workers {
		t.Run(fmt.Sprint("worker ", w), func(t *testing.T) {
			t.Parallel()
			states := 0
			for seed := *crashSeed + uint64(w); states < *crashTotal/workers && !t.Failed(); seed += uint64(workers) {
				mode := []flash.Mode{flash.Recycle, flash.Append}[seed/2%2]
				c := &crash{t: t, mode: mode, steps: randomSteps(seed)}
				n := c.operations()
				for k := 1; k <= n && !t.Failed(); k++ {
					c.at(k)
				}
				states += c.states
				if t.Failed() {
					t.Errorf("seed %d, %v", seed, mode)
				}
			}
			t.Logf("%d states", states)
		})
	}
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

func odd(n int) bool   { return n%2 == 1 }
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

// TestPowerCut cuts the power in every operation of deliver, deliver to several, large deliver, expunge, seal and recycle, with the unsynced
// sectors kept, dropped, torn, garbled and reordered.
func TestPowerCut(t *testing.T) {
	for _, mode := range []flash.Mode{flash.Recycle, flash.Append} {
		t.Run(mode.String(), func(t *testing.T) {
			c := &crash{t: t, mode: mode, steps: powerCutSteps()}
			n := c.operations()
			if !c.recycled {
				t.Fatal("the steps recycle no slot")
			}
			every := 1
			if testing.Short() {
				every = 7
			}
			for k := 1; k <= n && !t.Failed(); k += every {
				c.at(k)
			}
			t.Logf("%d operations, %d states", n, c.states)
		})
	}
}
