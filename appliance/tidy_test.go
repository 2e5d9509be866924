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

	"pillarbox/appliance/access"
)

// TestTidy: memory is given back when it is worth it, a while after the last session began or
// ended.
func TestTidy(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := newTidier(access.NewTable(), false)
		ctx, stop := context.WithCancel(t.Context())
		var group sync.WaitGroup
		group.Go(func() { a.tidy(ctx, 0) })
		defer group.Wait()
		defer stop()

		var there []*access.Session
		come := func(sessions int) {
			for range sessions {
				s, _ := a.clients.Enter(access.ClientAt(netip.MustParseAddr("192.0.2.1")), func() {})
				there = append(there, s)
			}
		}
		leave := func() {
			for _, s := range there {
				s.Leave()
			}
			there = nil
		}
		park := make(chan struct{})
		run := func(sessions int) {
			for range sessions {
				group.Go(func() { <-park })
			}
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
			{"some run while memory is used", func() { run(tidyLeft); litter(2 * tidyWorth) }, true},
			{"they park", func() { close(park) }, true},
			{"nothing again", func() {}, false},
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
