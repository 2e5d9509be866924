package appliance

import (
	"context"
	"net/netip"
	"runtime"
	"runtime/metrics"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// TestTidy: memory is given back when it is worth it, a while after the last session began or ended.
func TestTidy(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := &Appliance{gate: newGate(plenty, nil), stirred: make(chan struct{}, 1)}
		ctx, stop := context.WithCancel(t.Context())
		var group sync.WaitGroup
		group.Go(func() { a.tidy(ctx) })
		defer group.Wait()
		defer stop()

		var there []*place
		come := func(sessions int) {
			for range sessions {
				p, _ := a.gate.enter(netip.MustParseAddr("192.0.2.1"), func() {})
				there = append(there, p)
			}
		}
		leave := func() {
			for _, p := range there {
				a.gate.leave(p)
			}
			there = nil
		}
		for _, story := range []struct {
			what   string
			do     func()
			tidied bool
		}{
			{"a start", func() { litter(tidyFirst) }, true},
			{"nothing", func() {}, false},
			{"a few polls", func() { litter(2 * tidyWorth) }, true},
			{"some sessions come and use memory", func() { come(tidyLeft); litter(2 * tidyWorth) }, true},
			{"they leave", leave, true},
			{"fewer come", func() { come(tidyLeft - 1); litter(2 * tidyWorth) }, true},
			{"they leave", leave, false},
		} {
			before := forcedCollections()
			story.do()
			a.stir()
			time.Sleep(quietTime / 2)
			if forcedCollections() != before {
				t.Errorf("%s: tidied at once", story.what)
			}
			time.Sleep(quietTime)
			synctest.Wait()
			if got := forcedCollections() > before; got != story.tidied {
				t.Errorf("%s: tidied: %v", story.what, got)
			}
		}
	})
}

// litter allocates so many octets for nothing.
func litter(octets int) {
	runtime.KeepAlive(make([]byte, octets))
}

func forcedCollections() uint64 {
	sample := []metrics.Sample{{Name: "/gc/cycles/forced:gc-cycles"}}
	metrics.Read(sample)
	return sample[0].Value.Uint64()
}
