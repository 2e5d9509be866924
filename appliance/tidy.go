package appliance

import (
	"context"
	"runtime"
	"runtime/debug"
	"time"
)

const (
	quietTime = 3 * time.Second // without a session that begins or ends
	tidyTime  = time.Minute     // a box that is never quiet for so long is tidied all the same
)

// stir notes that a session begins or ends.
func (a *Appliance) stir() {
	select {
	case a.stirred <- struct{}{}:
	default: // noted already
	}
}

// tidy gives memory that sessions have used back to the machine once they are over, until ctx ends: the Go
// runtime by itself keeps the most that it ever needed for minutes. A box that nobody talks to is left alone.
func (a *Appliance) tidy(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-a.stirred:
		}
		if !a.untilQuiet(ctx) {
			return
		}
		runtime.GC() // buffers that wait in a pool outlive one collection
		debug.FreeOSMemory()
	}
}

// untilQuiet waits until it is time to tidy; false: ctx has ended.
func (a *Appliance) untilQuiet(ctx context.Context) bool {
	latest := time.NewTimer(tidyTime)
	defer latest.Stop()
	quiet := time.NewTimer(quietTime)
	defer quiet.Stop()
	for {
		select {
		case <-ctx.Done():
			return false
		case <-a.stirred:
			quiet.Reset(quietTime)
		case <-quiet.C:
			return true
		case <-latest.C:
			return true
		}
	}
}
