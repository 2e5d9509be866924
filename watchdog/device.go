package watchdog

import "time"

// A Device resets the machine, or restarts this program, unless it is fed within Timeout.
type Device interface {
	// Feed restarts the timeout.
	Feed() error
	// Timeout returns the longest time that the device accepts between two feeds.
	Timeout() time.Duration
	// Disarm stops the device, at an orderly end of the program.
	Disarm() error
}
