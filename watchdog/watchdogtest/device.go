// Package watchdogtest has a watchdog that only records that it would have fired, for tests with
// testing/synctest, and a ubusd with the object of procd.
package watchdogtest

import (
	"sync"
	"time"
)

// A Device is a watchdog.Device that reports when it would have fired. The first feed arms it.
type Device struct {
	timeout time.Duration

	mu       sync.Mutex
	timer    *time.Timer
	feeds    int
	disarmed bool
	fired    chan struct{}
}

// New returns a device that is not armed.
func New(timeout time.Duration) *Device {
	return &Device{timeout: timeout, fired: make(chan struct{})}
}

// Feed restarts the timeout.
func (d *Device) Feed() error {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.feeds++
	if d.timer == nil {
		d.timer = time.AfterFunc(d.timeout, func() { close(d.fired) })
	} else if d.timer.Stop() {
		d.timer.Reset(d.timeout)
	}
	return nil
}

// Timeout returns the timeout that New was called with.
func (d *Device) Timeout() time.Duration { return d.timeout }

// Disarm stops the device.
func (d *Device) Disarm() error {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.disarmed = true
	if d.timer != nil {
		d.timer.Stop()
	}
	return nil
}

// Feeds returns the number of calls of Feed.
func (d *Device) Feeds() int {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.feeds
}

// Disarmed reports whether Disarm was called.
func (d *Device) Disarmed() bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.disarmed
}

// Fired returns a channel that is closed when the machine would have been reset.
func (d *Device) Fired() <-chan struct{} { return d.fired }
