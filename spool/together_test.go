package spool

import (
	"context"
	"fmt"
	"testing"

	"pillarbox/spool/flash"
	"pillarbox/spool/flash/flashtest"
)

// TestGroupCommit queues one change of each kind behind a leader whose device hangs: they share one
// flush for each of the two logs, and each is there after a restart.
func TestGroupCommit(t *testing.T) {
	for _, mode := range []flash.Mode{flash.Recycle, flash.Append} {
		t.Run(mode.String(), func(t *testing.T) {
			dev := flashtest.New(flashtest.Options{Mode: mode})
			hang := flashtest.Hang(dev)
			s := open(t, hang)
			must(t, s.Maintain(t.Context()))
			for i := range 4 {
				must(t, deliver(s, mail(fmt.Sprint("old ", i), 300), 1, 2))
			}
			must(t, deliver(s, mail("bulk", 40_000), 3))
			large, err := begin(s, 3) // flushes its bulk slot before the leader hangs
			must(t, err)
			body := mail("large", 40_000)
			_, err = large.Write([]byte(body))
			must(t, err)
			must(t, large.finishBulk())
			mv, err := moveOf(s, 2)
			must(t, err)

			hang.HangWrites()
			before := dev.Stats()
			leader := enqueueLeader(s, func() error { return deliver(s, mail("leads", 300), 1) })
			results := []chan error{
				leader,
				enqueue(s, func() error { return deliver(s, mail("one", 300), 1) }),
				enqueue(s, func() error { return deliver(s, mail("many", 300), 1, 2, 3) }),
				enqueue(s, func() error { return s.log.Commit(intakeOf(large, shapeOf(body))) }),
				enqueue(s, func() error { return expungeAll(s, 1, func(n int) bool { return n != 1 }) }),
				enqueue(s, func() error { return labels(2, 7).do(s) }),
				enqueue(s, func() error { return s.log.Commit(mv) }),
			}
			hang.Release()
			for i, r := range results {
				if err := <-r; err != nil {
					t.Errorf("change %d: %v", i, err)
				}
			}
			large.Abort()
			if flushes := dev.Stats().Sub(before).Flushes; flushes > 3 {
				t.Errorf("%d changes took %d flushes, want one for the leader and one for each of the two logs", len(results), flushes)
			}
			for range 2 {
				for key, n := range map[Key]int{1: 6, 2: 5, 3: 3} {
					if got := contents(t, s, key); len(got) != n {
						t.Errorf("mailbox %d holds %d mails, want %d", key, len(got), n)
					}
				}
				marks, err := readMarks(s, 2)
				if err != nil || len(marks) != 4 {
					t.Errorf("%d labels, want 4 (%v)", len(marks), err)
				}
				recount(t, s)
				s = open(t, dev.Clone())
			}
		})
	}
}

// groupSteps commit changes of every kind together, until segments are sealed, moved and written
// over.
func groupSteps() []step {
	steps := []step{delivers("anchor", 300, 1), delivers("first", 300, 2)}
	for i := range 6 {
		n := func(what string) string { return fmt.Sprint(what, " ", i) }
		steps = append(steps,
			together(delivers(n("small"), 400, 1), delivers(n("many"), 3000, 1, 2, 3), delivers(n("large"), 40_000, 3), labels(2, i)),
			together(deletes(3, none), delivers(n("middle"), 12_000, 2), deletes(2, first), labels(1, i), moves(1), retires()),
			together(delivers(n("filler"), 14_000, 3), deletes(2, odd), moves(2), delivers(n("more"), 7000, 3)))
		if i%3 == 2 {
			steps = append(steps, deletes(1, none), compacts(), delivers(n("anchor"), 300, 1))
		}
		if i == 5 {
			steps = append(steps, step{name: "open again"})
		}
	}
	return steps
}

// TestPowerCutTogether cuts the power in every operation of changes that share a batch.
func TestPowerCutTogether(t *testing.T) {
	for _, mode := range []flash.Mode{flash.Recycle, flash.Append} {
		t.Run(mode.String(), func(t *testing.T) {
			c := &crash{t: t, mode: mode, steps: groupSteps(), capacity: 8, perCut: 6}
			n := c.operations()
			if !c.recycled {
				t.Fatal("the steps recycle no slot")
			}
			flushes, changes := uint64(0), 0
			for _, st := range c.steps {
				if st.group != nil && !st.group.moved {
					flushes, changes = flushes+st.group.flushes, changes+st.group.changed
				}
			}
			if flushes*2 > uint64(changes) {
				t.Errorf("%d flushes for %d changes: they do not share them", flushes, changes)
			}
			every := 1
			if testing.Short() {
				every = 7
			}
			for k := 1; k <= n && !t.Failed(); k += every {
				c.at(k)
			}
			t.Logf("%d operations, %d states, %d flushes for %d changes", n, c.states, flushes, changes)
		})
	}
}

// fullSteps fill the spool with mail that was begun while there was room, so that some finds none
// when it is committed, and commit deletes, labels and moves beside it.
func fullSteps() []step {
	w := &waitingMail{}
	steps := []step{delivers("anchor", 300, 2), {name: "begin", do: w.begin}}
	for i := range 30 {
		switch {
		case i < 20:
			steps = append(steps, together(w.commits(2*i), w.commits(2*i+1), labels(2, i)))
		default:
			steps = append(steps, together(w.commits(2*i), deletes(1, func(n int) bool { return n%3 != i%3 }), w.commits(2*i+1), moves(1), labels(2, i)))
		}
	}
	return append(steps, deletes(1, none), delivers("after", 9000, 1))
}

// waitingMail are deliveries that were begun early, while there was room for each.
type waitingMail struct{ begun []*Delivery }

func (w *waitingMail) body(i int) string { return mail(fmt.Sprint("waiting ", i), 9000+i*137%3000) }

func (w *waitingMail) begin(s *Spool) error {
	w.begun = nil
	for i := range 60 {
		d, err := begin(s, 1)
		if err != nil {
			return err
		}
		if _, err := d.Write([]byte(w.body(i))); err != nil {
			return err
		}
		w.begun = append(w.begun, d)
	}
	return nil
}

func (w *waitingMail) commits(i int) step {
	body := w.body(i)
	return step{name: fmt.Sprint("commit ", i), mail: body, to: []Key{1}, do: func(s *Spool) error {
		if i >= len(w.begun) { // they could not be begun
			return ErrFull
		}
		return w.begun[i].Commit(context.Background(), shapeOf(body))
	}}
}

// TestPowerCutTogetherFull does it on a full spool: mail is refused, every delete and label goes
// through beside it, and the power is cut in every operation.
func TestPowerCutTogetherFull(t *testing.T) {
	for _, mode := range []flash.Mode{flash.Recycle, flash.Append} {
		t.Run(mode.String(), func(t *testing.T) {
			c := &crash{t: t, mode: mode, steps: fullSteps(), capacity: 8, perCut: 6, oneDay: true}
			n := c.operations()
			full := 0
			for _, st := range c.steps {
				if st.group == nil {
					continue
				}
				for i, err := range st.group.errs {
					if err != nil && st.group.parts[i].mail == "" {
						t.Errorf("%s: %s: %v", st.name, st.group.parts[i].name, err)
					} else if err != nil {
						full++
					}
				}
			}
			if full == 0 {
				t.Error("no mail was refused: the spool was never full")
			}
			every := 1
			if testing.Short() {
				every = 7
			}
			for k := 1; k <= n && !t.Failed(); k += every {
				c.at(k)
			}
			t.Logf("%d operations, %d states, %d mails refused", n, c.states, full)
		})
	}
}

// TestFaultTogether lets each operation of changes that share a batch fail, once and for good; on a
// full spool, too.
func TestFaultTogether(t *testing.T) {
	for _, mode := range []flash.Mode{flash.Recycle, flash.Append} {
		for _, sticky := range []bool{false, true} {
			for _, full := range []bool{false, true} {
				t.Run(fmt.Sprintf("%v sticky=%v full=%v", mode, sticky, full), func(t *testing.T) {
					c := &crash{t: t, mode: mode, steps: groupSteps()[:8]}
					if full {
						c = &crash{t: t, mode: mode, steps: fullSteps(), capacity: 8, oneDay: true}
					}
					every := 1
					if testing.Short() {
						every = 5
					}
					for k := 1; k < 400 && !t.Failed(); k += every {
						if !c.faultAt(k, errDevice, sticky) {
							return
						}
					}
					t.Error("the steps never ended")
				})
			}
		}
	}
}
