package appliance

import (
	"context"
	"runtime"
	"runtime/debug"
	"runtime/metrics"
	"sync"
	"time"

	"pillarbox/appliance/access"
)

const (
	quietTime = 3 * time.Second // without a session that begins or ends
	tidyTime  = time.Minute     // after which memory is returned anyway

	// tidyFirst octets have to be allocated before tidying pays the first time, 768 KiB of them by
	// an ordinary start (the first one makes a key and a certificate): the first collection leaves
	// the runtime 600 KiB larger than it was, for good, and a few sessions leave less than that
	// behind. The index of the spool does not count, because it stays in memory.
	tidyFirst = 1 << 20

	// From then on it pays when tidyWorth octets were allocated since the last time, five polls or
	// one with TLS, or when tidyLeft sessions are over that were there then: they allocate nothing
	// by that, and over TLS hold 12 KiB each until a collection. It also pays when as many
	// goroutines are over: a session that is parked has none, and held a buffer of 32 KiB before.
	tidyWorth, tidyLeft = 64 << 10, 4
)

// A tidier gives memory back to the machine that the start and sessions have used.
type tidier struct {
	clients *access.Table
	threads threads
	stirred chan struct{} // a session has begun or ended
}

func newTidier(clients *access.Table, t threads) tidier {
	return tidier{clients, t, make(chan struct{}, 1)}
}

// stir notes that a session begins or ends.
func (t tidier) stir() {
	select {
	case t.stirred <- struct{}{}:
	default: // noted already
	}
}

// tidy gives memory back once sessions are over, until ctx ends: the Go runtime by itself keeps the
// most that it ever needed for minutes. A server with few sessions is left alone. index is how many
// octets the start has allocated for the index.
func (t tidier) tidy(ctx context.Context, index int64) {
	pays, there, running := tidyFirst+uint64(index), 0, runtime.NumGoroutine()
	t.stir()
	for {
		select {
		case <-ctx.Done():
			return
		case <-t.stirred:
		}
		t.threads.rise(t.clients.Sessions())
		if !t.untilQuiet(ctx) {
			return
		}
		now := t.clients.Sessions()
		t.threads.fall(now)
		if allocated() < pays && there-now < tidyLeft && running-runtime.NumGoroutine() < tidyLeft {
			continue
		}
		dropStacks()
		debug.FreeOSMemory() // the second collection: buffers that wait in a pool outlive one
		pays, there, running = allocated()+tidyWorth, now, runtime.NumGoroutine()
	}
}

const (
	keptStacks = 64      // of goroutines that have ended, for each processor
	outgrown   = 8 << 10 // octets of a stack that was not made so large
)

// dropStacks has the runtime give up the stacks that it keeps for goroutines to come, each of which
// holds on to the 32 KiB that it is a part of. A collection takes those that no processor keeps for
// itself. What the last processor keeps goes to goroutines that outgrow it. Compared with two
// collections and debug.FreeOSMemory alone, it saves 400 KiB after 4000 sessions (3384 instead of
// 3788, over TLS 3694 instead of 4164, where the limit is 4096), and nothing after a start.
func dropStacks() {
	processors := runtime.GOMAXPROCS(1)
	runtime.GC()
	var group sync.WaitGroup
	for range keptStacks {
		group.Go(outgrow)
	}
	group.Wait()
	runtime.GOMAXPROCS(processors)
}

// outgrow needs a larger stack than a goroutine begins with: the runtime gives that back when the
// goroutine ends, as it does not with one that has its first size.
//
//go:noinline
func outgrow() {
	var room [outgrown]byte
	for i := range room {
		room[i] = byte(i)
	}
	runtime.KeepAlive(&room)
}

// allocated returns how many octets the heap has given out since the start of the program, those
// that are free again included. runtime.ReadMemStats returns the same and leaves the runtime 400
// KiB larger.
func allocated() uint64 {
	sample := []metrics.Sample{{Name: "/gc/heap/allocs:bytes"}}
	metrics.Read(sample)
	return sample[0].Value.Uint64()
}

// untilQuiet waits until it is time to tidy; false: ctx has ended.
func (t tidier) untilQuiet(ctx context.Context) bool {
	latest := time.NewTimer(tidyTime)
	defer latest.Stop()
	quiet := time.NewTimer(quietTime)
	defer quiet.Stop()
	for {
		select {
		case <-ctx.Done():
			return false
		case <-t.stirred:
			t.threads.rise(t.clients.Sessions())
			quiet.Reset(quietTime)
		case <-quiet.C:
			return true
		case <-latest.C:
			return true
		}
	}
}
