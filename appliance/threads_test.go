package appliance

import (
	"context"
	"net/netip"
	"runtime"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"pillarbox/appliance/access"
)

// TestThreads: a server that was started with one thread for Go code has more while there are two
// sessions, and one again a while after they are over.
func TestThreads(t *testing.T) {
	if runtime.NumCPU() == 1 {
		t.Skip("this machine has one processor")
	}
	defer runtime.SetDefaultGOMAXPROCS()
	runtime.GOMAXPROCS(1)
	synctest.Test(t, func(t *testing.T) {
		a := newTidier(access.NewTable(), true)
		ctx, stop := context.WithCancel(t.Context())
		var group sync.WaitGroup
		group.Go(func() { a.tidy(ctx, 0) })
		defer group.Wait()
		defer stop()
		expect := func(what string, several bool) {
			t.Helper()
			a.stir()
			synctest.Wait()
			if got := runtime.GOMAXPROCS(0); (got > 1) != several {
				t.Errorf("%s: GOMAXPROCS is %d", what, got)
			}
		}
		come := func() *access.Session {
			s, _ := a.clients.Enter(access.ClientAt(netip.MustParseAddr("192.0.2.1")), func() {})
			return s
		}
		expect("a start", false)
		time.Sleep(2 * quietTime)
		one := come()
		expect("a session", false)
		two := come()
		expect("a second one", true)
		time.Sleep(2 * quietTime)
		expect("both stay", true)
		one.Leave()
		expect("one leaves", true)
		time.Sleep(2 * quietTime)
		expect("a while after that", false)
		one = come()
		expect("another comes", true)
		one.Leave()
		two.Leave()
		time.Sleep(2 * quietTime)
		expect("both have left", false)
	})
}
