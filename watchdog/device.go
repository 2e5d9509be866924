package watchdog

import (
	"context"
	"time"
)

// A Device resets the machine when it is not fed for Timeout.
type Device interface {
	// Feed starts the timeout anew.
	Feed() error
	// Timeout is the longest time between two feeds that the device grants.
	Timeout() time.Duration
	// Disarm stops the device, for an orderly end of the program.
	Disarm() error
}

// A Check is one proof that the box does its work.
type Check struct {
	Name  string        // a word for logs and for the reason of a reset
	Every time.Duration // how often Run is called
	Grace time.Duration // how long after a passed Run the proof holds
	// Run returns nil when the proof was given. It does not write to flash. It gives up when ctx ends.
	Run func(ctx context.Context) error
}
