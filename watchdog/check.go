package watchdog

import (
	"context"
	"sync/atomic"
	"time"
)

// A Check is one health check of the server.
type Check struct {
	Name  string        // a word for logs and for the reason of a reset
	Every time.Duration // how often Run is called, at the nearest tick of the feeder; 0 for each tick
	Grace time.Duration // how long the check counts as passed after Run has returned nil
	// Run returns nil if the check passes. It does not write to flash. It should return when ctx
	// ends. If it does not, it is not called again until it returns, and the check fails after
	// Grace.
	Run func(ctx context.Context) error
}

// A Lease is the health check of a loop: it passes while the loop calls Renew at least once a Term.
type Lease struct {
	Name  string
	Term  time.Duration
	turns atomic.Uint64
}

// Renew records a turn of the loop. Any goroutine may call it; it costs one atomic addition.
func (l *Lease) Renew() { l.turns.Add(1) }
