package watchdog

import (
	"context"
	"time"
)

// LongestStart is how long a start is fed that makes progress. One that hangs is fed for one
// timeout.
const LongestStart = 30 * time.Minute

// Start calls do, and feeds the device while do runs if steps increases between two ticks. Opening
// a large spool can take longer than the timeout of a device that the boot loader has armed. device
// may be nil.
func Start(ctx context.Context, device Device, steps func() uint64, do func(context.Context) error) error {
	if device == nil {
		return do(ctx)
	}
	stop, over := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(over)
		ticker := time.NewTicker(device.Timeout() / ticksPerTimeout)
		defer ticker.Stop()
		until, seen := time.Now().Add(LongestStart), steps()
		device.Feed() // after an error the device fires, which is all that it can do
		for {
			select {
			case <-stop:
				return
			case <-ticker.C:
			}
			if now := steps(); now != seen && time.Now().Before(until) {
				seen = now
				device.Feed()
			}
		}
	}()
	err := do(ctx)
	close(stop)
	<-over
	return err
}
