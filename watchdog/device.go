package watchdog

import (
	"context"
	"errors"
	"sync/atomic"
	"time"
)

// A Device resets the machine, or has this program restarted, when it is not fed for Timeout.
type Device interface {
	// Feed starts the timeout anew.
	Feed() error
	// Timeout is the longest time between two feeds that the device grants.
	Timeout() time.Duration
	// Disarm stops the device, for an orderly end of the program.
	Disarm() error
}

// ErrBusy: another program feeds the device.
var ErrBusy = errors.New("another program holds it")

// A Check is one proof that the box does its work.
type Check struct {
	Name  string        // a word for logs and for the reason of a reset
	Every time.Duration // how often Run is called, at the next tick of the feeder; 0: at each
	Grace time.Duration // how long after a passed Run the proof holds
	// Run returns nil when the proof was given. It does not write to flash. It gives up when ctx ends, if it can: one that
	// cannot is not run a second time meanwhile, and its proof runs out.
	Run func(ctx context.Context) error
}

// A Lease is the proof of a loop that goes round by itself: it is inside its deadline while it is renewed at least once a Term.
type Lease struct {
	Name  string
	Term  time.Duration
	turns atomic.Uint64
}

// Renew says that the loop went round. It may be called from any goroutine, and costs nothing.
func (l *Lease) Renew() { l.turns.Add(1) }
