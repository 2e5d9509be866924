package access

import (
	"testing"
	"testing/synctest"
	"time"
)

// A stranger may waste 100 MiB an hour, a known client more, and a network as much as four
// strangers.
func TestWaste(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		table := NewTable()
		one, other := at("10.0.0.1"), at("10.0.0.2")
		table.Wasted(one, wasteBudget-1)
		if table.Exhausted(one) {
			t.Error("exhausted below the budget")
		}
		table.Wasted(one, 1)
		if !table.Exhausted(one) || table.Exhausted(other) {
			t.Errorf("at the budget: %v, another client: %v", table.Exhausted(one), table.Exhausted(other))
		}
		time.Sleep(time.Minute)
		if table.Exhausted(one) {
			t.Error("exhausted a minute later")
		}
		table.Wasted(one, 1<<62)
		time.Sleep(time.Hour + time.Minute)
		if table.Exhausted(one) {
			t.Error("the debt of one mail lasts for more than an hour")
		}
		known := at("10.0.0.3")
		table.makeKnown("anna", known)
		table.Wasted(known, 2*wasteBudget)
		if table.Exhausted(known) {
			t.Error("a known client has no more than a stranger")
		}
		for n := range networkTimes {
			table.Wasted(at("2001:db8::"+string(rune('1'+n))), wasteBudget)
		}
		if !table.Exhausted(at("2001:db8::ffff")) || table.Exhausted(at("2001:db8:0:1::1")) {
			t.Error("the /64 is not counted as a whole, or its neighbour with it")
		}
	})
}
