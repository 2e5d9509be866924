// Package watchdogtest has a watchdog that resets nothing, for tests under testing/synctest.
package watchdogtest

import (
	"errors"
	"sync"
	"time"
)

// A Device is a watchdog.Device that says when it would have fired. It is armed by its first feed, as some devices are by
// being opened.
type Device struct {
	timeout time.Duration

	mu       sync.Mutex
	timer    *time.Timer
	feeds    int
	disarmed bool
	fired    chan struct{}
	broken   bool
}

// New returns a device that is not armed yet.
func New(timeout time.Duration) *Device {
	return &Device{timeout: timeout, fired: make(chan struct{})}
}

// Feed starts the timeout anew.
func (d *Device) Feed() error {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.feeds++
	if d.broken {
		return errors.New("the device does not take it")
	}
	if d.timer == nil {
		d.timer = time.AfterFunc(d.timeout, func() { close(d.fired) })
	} else if d.timer.Stop() {
		d.timer.Reset(d.timeout)
	}
	return nil
}

// Timeout returns the timeout that New was given.
func (d *Device) Timeout() time.Duration { return d.timeout }

// Disarm stops it.
func (d *Device) Disarm() error {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.disarmed = true
	if d.timer != nil {
		d.timer.Stop()
	}
	return nil
}

// Break has feeds fail from now on.
func (d *Device) Break() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.broken = true
}

// Feeds returns how often it was fed, in vain or not.
func (d *Device) Feeds() int {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.feeds
}

// Disarmed says whether it was.
func (d *Device) Disarmed() bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.disarmed
}

// Fired is closed when the machine would have been reset.
func (d *Device) Fired() <-chan struct{} { return d.fired }
