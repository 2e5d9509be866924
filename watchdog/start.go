package watchdog

import (
	"context"
	"time"
)

// LongestStart is how long a start may take that gets on. One that hangs is not fed that long.
const LongestStart = 30 * time.Minute

// Start runs do, and feeds a device meanwhile as long as steps goes up between two ticks: reading a large spool takes long, and a
// device that the boot loader has armed does not know that. nil: nobody has to be fed.
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
		device.Feed() // who does not take it fires
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
