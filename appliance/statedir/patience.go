package statedir

import (
	"context"
	"errors"
	"time"
)

// A process that was killed still has the spool and its ports for a moment. The next one waits for
// it.
const (
	// Patience is how long the next one waits.
	Patience        = 5 * time.Second
	predecessorPoll = 20 * time.Millisecond
)

// Patiently calls do until it returns another error than busy, or none; after a time, or the end of
// ctx, it returns busy.
func Patiently(ctx context.Context, until time.Time, busy error, do func() error) error {
	for {
		err := do()
		if !errors.Is(err, busy) || !time.Now().Before(until) {
			return err
		}
		select {
		case <-time.After(predecessorPoll):
		case <-ctx.Done():
			return err
		}
	}
}
