package spool

import (
	"syscall"
	"testing"

	"pillarbox/spool/flash/flashtest"
)

// TestReadFaultAtEveryOperation lets each operation of a start, of moving mail and of reading all
// of it fail, reads too. Nothing wrong is given out meanwhile, and nothing is lost when the fault
// is gone.
func TestReadFaultAtEveryOperation(t *testing.T) {
	dev := flashtest.New(flashtest.Options{CountReads: true})
	c := &crash{t: t, steps: append(faultSteps(), deletes(1, odd))}
	s, err := c.open(dev)
	must(t, err)
	want := newOracle()
	if st, err := want.run(s, c.steps, nil); err != nil {
		t.Fatalf("%s: %v", st.name, err)
	}
	must(t, s.Close())
	start := dev.Ops()
	for k := 1; ; k++ {
		dev := dev.Clone()
		dev.FailAt(start+k, syscall.EIO)
		if s, err := c.open(dev); err == nil {
			compacts().do(s)
			for key := range want.boxes {
				v, err := s.View(key)
				must(t, err)
				for n := 1; n <= v.Len(); n++ {
					uid := string(v.AppendUID(nil, n))
					if body, _, err := readMessage(v, n); err == nil && body != want.given[uid] {
						t.Errorf("operation %d: %s is another mail", k, uid)
					}
				}
			}
			s.Close()
		}
		over := dev.Ops() < start+k
		dev.Heal()
		s, err := c.open(dev)
		if err != nil {
			t.Fatalf("operation %d: open after the fault: %v", k, err)
		}
		if err := want.clone().check(s, nil); err != nil {
			t.Errorf("operation %d: %v", k, err)
		}
		if t.Failed() || over {
			return
		}
	}
}
