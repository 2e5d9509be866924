package watchdog

import (
	"context"
	"fmt"
	"io"
	"runtime"
	"strings"
	"sync"
	"time"

	"go.uber.org/zap"
)

// Options configure a Feeder.
type Options struct {
	Device Device // if nil, nothing is fed, and checks run only for Report
	Checks []Check
	Leases []*Lease
	Log    *zap.Logger // may be nil
	// Keep, if not nil, stores a reason durably for the next start. The feeder waits a tick for it,
	// and then continues without it, because the storage may be what hangs.
	Keep func(reason string) error
	// Dump, if not nil, receives the stacks of all goroutines when the feed is withheld.
	Dump io.Writer
	// Settled, if not nil, is called once, when all checks have passed for SettleTime.
	Settled func()
}

// SettleTime is how long all checks must pass before earlier resets no longer count.
const SettleTime = time.Hour

const (
	ticksPerTimeout = 3                // so that one late tick does not make a feed late
	stopTimeout     = time.Minute      // how long an orderly stop is fed without checks
	checkTimeout    = 10 * time.Second // of a Run, at least, and of Report without a device
	longestDump     = 256 << 10        // octets
)

// A Feeder feeds a device while all checks pass and all leases are renewed.
type Feeder struct {
	o     Options
	every time.Duration // between ticks
	group sync.WaitGroup

	failed uint64 // feeds that returned an error; owned by the goroutine of Run

	mu      sync.Mutex
	states  []*state
	ticked  time.Time // when the last tick was handled
	began   time.Time // when Run began
	settled bool
	late    Lateness
}

// New returns a Feeder. It starts no goroutine.
func New(o Options) *Feeder {
	if o.Log == nil {
		o.Log = zap.NewNop()
	}
	f := &Feeder{o: o}
	if o.Device != nil {
		f.every = o.Device.Timeout() / ticksPerTimeout
	}
	for i := range o.Checks {
		c := &o.Checks[i]
		f.states = append(f.states, &state{name: c.Name, grace: c.Grace, check: c})
	}
	for _, l := range o.Leases {
		f.states = append(f.states, &state{name: l.Name, grace: l.Term, lease: l})
	}
	return f
}

// A CheckError is returned when the feed was withheld.
type CheckError struct{ Reason string }

func (e *CheckError) Error() string { return "a health check failed: " + e.Reason }

// Run feeds until ctx ends. Then it feeds without checks until ended is closed, for a minute at
// most, disarms the device and returns nil. If a check fails, it stores the reason, dumps the
// stacks of all goroutines, and returns *CheckError without disarming, so that the device fires. It
// is called once.
func (f *Feeder) Run(ctx context.Context, ended <-chan struct{}) error {
	if f.o.Device == nil {
		<-ctx.Done()
		<-ended
		f.group.Wait()
		return nil
	}
	ticker := time.NewTicker(f.every)
	defer ticker.Stop()
	f.begin(time.Now())
	f.feedDevice() // not counted: the first feed has no time at which it is due
	f.startDue(ctx, time.Now())
	for {
		select {
		case <-ctx.Done():
			return f.drain(ticker, ended)
		case <-ticker.C:
		}
		now := time.Now()
		f.excuse(now)
		if faults := f.faults(now); len(faults) > 0 {
			return f.withhold(faults)
		}
		f.feed(now)
		f.startDue(ctx, now)
	}
}

// begin starts the first grace of every check.
func (f *Feeder) begin(now time.Time) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.ticked, f.began = now, now
	for _, s := range f.states {
		s.passed, s.since = now, time.Time{}
	}
}

// excuse extends every grace by the time for which this goroutine did not run. If the machine was
// suspended or overloaded, the checks did not run either.
func (f *Feeder) excuse(now time.Time) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if paused := now.Sub(f.ticked) - f.every; paused > f.every/2 {
		for _, s := range f.states {
			s.passed = s.passed.Add(paused)
		}
	}
}

// faults returns the checks that have failed, each with the reason.
func (f *Feeder) faults(now time.Time) (reasons []string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, s := range f.states {
		s.poll(now)
		if reason := s.fault(now); reason != "" {
			reasons = append(reasons, s.name+": "+reason)
		}
	}
	return reasons
}

// feed feeds the device at a tick, and counts how late it is.
func (f *Feeder) feed(now time.Time) {
	f.mu.Lock()
	late := now.Sub(f.ticked) - f.every
	f.ticked = now
	logged := f.late.add(late, f.every)
	settled := !f.settled && now.Sub(f.began) >= SettleTime
	f.settled = f.settled || settled
	f.mu.Unlock()
	f.feedDevice()
	if logged {
		f.o.Log.Warn("the watchdog was fed late: the machine is overloaded, or was suspended",
			zap.Duration("late", late))
	}
	if settled && f.o.Settled != nil {
		f.o.Settled()
	}
}

// feedDevice feeds the device. It logs the 1st, 2nd, 4th, 8th … error.
func (f *Feeder) feedDevice() {
	err := f.o.Device.Feed()
	if err == nil {
		return
	}
	if f.failed++; rarely(f.failed) {
		f.o.Log.Error("feeding the watchdog failed", zap.Error(err))
	}
}

// startDue starts the checks that are due, each in its own goroutine, so that one that hangs does
// not delay the others.
func (f *Feeder) startDue(ctx context.Context, now time.Time) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, s := range f.states {
		if s.due(now, f.every) {
			f.start(ctx, s, now)
		}
	}
}

// start runs a check once. Feeder.mu is held.
func (f *Feeder) start(ctx context.Context, s *state, now time.Time) {
	over := make(chan struct{})
	s.running, s.started, s.over = true, now, over
	ctx, cancel := context.WithTimeout(ctx, max(s.grace, checkTimeout))
	f.group.Go(func() {
		defer close(over)
		defer cancel()
		err := s.check.Run(ctx)
		now := time.Now()
		f.mu.Lock()
		defer f.mu.Unlock()
		s.record(now, err)
	})
}

// withhold stores and logs why the device is no longer fed.
func (f *Feeder) withhold(faults []string) error {
	reason := strings.Join(faults, "; ")
	f.o.Log.Error("the watchdog is no longer fed because a health check failed",
		zap.String("reason", reason))
	if f.o.Keep != nil && !within(f.every, func() {
		if err := f.o.Keep(reason); err != nil {
			f.o.Log.Error("storing the reason failed", zap.Error(err))
		}
	}) {
		f.o.Log.Error("storing the reason timed out: the state directory does not respond")
	}
	if f.o.Dump != nil {
		within(f.every/2, func() {
			stacks := make([]byte, longestDump)
			stacks = stacks[:runtime.Stack(stacks, true)]
			fmt.Fprintf(f.o.Dump, "%s\n", stacks)
		})
	}
	return &CheckError{reason}
}

// within calls do and reports whether it returned in time. If not, its goroutine stays: do hangs in
// the kernel, and the program is about to end.
func within(timeout time.Duration, do func()) bool {
	done := make(chan struct{})
	go func() {
		defer close(done)
		do()
	}()
	timer := time.NewTimer(timeout)
	defer timer.Stop()
	select {
	case <-done:
		return true
	case <-timer.C:
		return false
	}
}

// drain feeds during an orderly stop, for stopTimeout at most, and disarms the device at its end.
func (f *Feeder) drain(ticker *time.Ticker, ended <-chan struct{}) error {
	over := make(chan struct{})
	go func() {
		<-ended
		f.group.Wait()
		close(over)
	}()
	until := time.Now().Add(stopTimeout)
	for {
		select {
		case <-over:
			return f.o.Device.Disarm()
		case <-ticker.C:
			if now := time.Now(); now.Before(until) {
				f.feed(now)
			}
		}
	}
}
