package watchdog

import (
	"context"
	"time"
)

// A Result is the result of a check or lease.
type Result struct {
	Name  string
	Holds bool
	Since time.Duration // how long ago it began to pass without a failure; 0 if it does not
	Age   time.Duration // since the last pass
	Took  time.Duration // the duration of the last run
	Fault string        // why the last run failed, or why the grace has expired
}

// A Report is the health of the server.
type Report struct {
	Well    bool          // every check passes, and the feeder itself runs
	Timeout time.Duration // of the device; 0 if there is none
	Fed     time.Duration // how long ago the device was fed
	Late    Lateness
	Checks  []Result
}

// Report returns the results of all checks. Without a device it runs them first, for 10 s at most.
func (f *Feeder) Report(ctx context.Context) Report {
	if f.o.Device == nil {
		f.runAll(ctx)
	}
	now := time.Now()
	f.mu.Lock()
	defer f.mu.Unlock()
	r := Report{Well: true, Late: f.late}
	if f.o.Device != nil {
		r.Timeout, r.Fed = f.o.Device.Timeout(), now.Sub(f.ticked)
		r.Well = !f.ticked.IsZero() && r.Fed <= r.Timeout
	}
	for _, s := range f.states {
		s.poll(now)
		one := Result{Name: s.name, Took: s.took, Fault: s.fault(now)}
		if !s.passed.IsZero() {
			one.Age = now.Sub(s.passed)
		}
		one.Holds = one.Fault == "" && (f.o.Device != nil || s.err == nil && !s.running)
		if !s.since.IsZero() {
			one.Since = now.Sub(s.since)
		}
		if s.err != nil {
			one.Fault = s.err.Error()
		}
		if !one.Holds && one.Fault == "" {
			one.Fault = "no answer"
		}
		r.Well = r.Well && one.Holds
		r.Checks = append(r.Checks, one)
	}
	return r
}

// runAll runs every check and waits for them. The term of a lease begins with the first call.
func (f *Feeder) runAll(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, checkTimeout)
	defer cancel()
	now := time.Now()
	var over []chan struct{}
	f.mu.Lock()
	for _, s := range f.states {
		if s.lease != nil && s.passed.IsZero() {
			s.passed = now
		}
		if s.check == nil {
			continue
		}
		if !s.running { // otherwise another Report runs it, or it hangs
			f.start(ctx, s, now)
		}
		over = append(over, s.over)
	}
	f.mu.Unlock()
	for _, one := range over {
		select {
		case <-one:
		case <-ctx.Done():
		}
	}
}
