package watchdog_test

import (
	"context"
	"errors"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"pillarbox/watchdog"
	"pillarbox/watchdog/watchdogtest"
)

// A run is a running feeder with its device, in a synctest bubble.
type run struct {
	*watchdog.Feeder
	device *watchdogtest.Device
	stop   context.CancelFunc
	ended  chan struct{}
	result chan error
	kept   atomic.Pointer[string]
}

const timeout = 60 * time.Second

// start starts a feeder. It sets o.Device and o.Keep unless they are set.
func start(t *testing.T, o watchdog.Options) *run {
	h := &run{device: watchdogtest.New(timeout), ended: make(chan struct{}), result: make(chan error, 1)}
	if o.Device == nil {
		o.Device = h.device
	}
	if o.Keep == nil {
		o.Keep = func(reason string) error { h.kept.Store(&reason); return nil }
	}
	h.Feeder = watchdog.New(o)
	ctx, cancel := context.WithCancel(t.Context())
	h.stop = cancel
	go func() { h.result <- h.Run(ctx, h.ended) }()
	synctest.Wait()
	return h
}

// close stops the feeder in an orderly way.
func (h *run) close(t *testing.T) {
	t.Helper()
	h.stop()
	close(h.ended)
	if err := <-h.result; err != nil {
		t.Errorf("ended with %v", err)
	}
	if !h.device.Disarmed() {
		t.Error("not disarmed")
	}
}

func (h *run) fired() bool {
	select {
	case <-h.device.Fired():
		return true
	default:
		return false
	}
}

// await waits until the feeder withholds the feed, and returns the reason and the time.
func (h *run) await(t *testing.T) (reason string, after time.Duration) {
	t.Helper()
	began := time.Now()
	var failed *watchdog.CheckError
	if err := <-h.result; !errors.As(err, &failed) {
		t.Fatalf("ended with %v", err)
	}
	return failed.Reason, time.Since(began)
}

// pass lets time pass, and waits for what happens at its end.
func pass(d time.Duration) {
	time.Sleep(d)
	synctest.Wait()
}

func passes(context.Context) error { return nil }

func fails(context.Context) error { return errors.New("no greeting") }

func TestFedWhileChecksPass(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var runs atomic.Int32
		counted := func(context.Context) error { runs.Add(1); return nil }
		h := start(t, watchdog.Options{Checks: []watchdog.Check{{Name: "well", Grace: timeout, Run: counted}}})
		pass(24 * time.Hour)
		if h.fired() {
			t.Error("the device fired")
		}
		if feeds := h.device.Feeds(); feeds < 24*60*3 || feeds > 24*60*3+2 {
			t.Errorf("%d feeds in a day, not three a minute", feeds)
		}
		if runs.Load() < 24*60*3 {
			t.Errorf("%d runs of the check", runs.Load())
		}
		r := h.Report(t.Context())
		if !r.Well || r.Checks[0].Since < 23*time.Hour || r.Checks[0].Age > timeout/3 || r.Late.Most != 0 {
			t.Errorf("the report is %+v", r)
		}
		h.close(t)
		if h.fired() || h.kept.Load() != nil {
			t.Error("an orderly stop fires the device, or stores a reason")
		}
	})
}

// TestWithheld: after each kind of failure the reason is stored and the device fires a timeout
// after the last feed.
func TestWithheld(t *testing.T) {
	for _, row := range []struct {
		name   string
		check  watchdog.Check
		lease  *watchdog.Lease
		reason string
		after  time.Duration // of the tick after the grace
	}{
		{"a check that fails",
			watchdog.Check{Name: "smtp", Grace: timeout, Run: fails}, nil,
			"smtp: no greeting, for 1m20s", 80 * time.Second},
		{"a check that hangs",
			watchdog.Check{Name: "spool read", Grace: timeout}, nil,
			"spool read: no answer for 1m20s", 80 * time.Second},
		{"a lease that is not renewed",
			watchdog.Check{Name: "well", Grace: timeout, Run: passes},
			&watchdog.Lease{Name: "reload loop", Term: 2 * timeout},
			"reload loop: not renewed for 2m20s", 140 * time.Second},
	} {
		t.Run(row.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				gone := make(chan struct{})
				defer close(gone)
				if row.check.Run == nil { // as a read in the kernel, which ctx does not end
					row.check.Run = func(context.Context) error { <-gone; return nil }
				}
				o := watchdog.Options{Checks: []watchdog.Check{row.check}}
				if row.lease != nil {
					o.Leases = []*watchdog.Lease{row.lease}
				}
				h := start(t, o)
				reason, after := h.await(t)
				if reason != row.reason {
					t.Errorf("the reason is %q, not %q", reason, row.reason)
				}
				if kept := h.kept.Load(); kept == nil || *kept != reason {
					t.Error("the reason was not stored before")
				}
				if h.fired() {
					t.Error("the device fired before the reason was known")
				}
				began := time.Now()
				<-h.device.Fired()
				if took := time.Since(began); took > timeout-timeout/3 {
					t.Errorf("the device fired after %v", took)
				}
				if after != row.after {
					t.Errorf("withheld after %v, want %v", after, row.after)
				}
			})
		})
	}
}

// TestOneHangs: a check that hangs is not called again, and the others are.
func TestOneHangs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		gone := make(chan struct{})
		defer close(gone)
		var hung, well atomic.Int32
		h := start(t, watchdog.Options{Checks: []watchdog.Check{
			{Name: "hangs", Grace: 10 * timeout, Run: func(context.Context) error { hung.Add(1); <-gone; return nil }},
			{Name: "well", Grace: timeout, Run: func(context.Context) error { well.Add(1); return nil }},
		}})
		pass(5 * timeout)
		if hung.Load() != 1 || well.Load() < 14 {
			t.Errorf("the one that hangs was run %d times, the other %d times", hung.Load(), well.Load())
		}
		if reason, _ := h.await(t); !strings.HasPrefix(reason, "hangs: no answer for") || strings.Contains(reason, "well") {
			t.Errorf("the reason is %q", reason)
		}
	})
}

// TestShortFailure: a check that fails for less than its grace has no effect.
func TestShortFailure(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := 0
		h := start(t, watchdog.Options{Checks: []watchdog.Check{{Name: "some", Grace: timeout, Run: func(context.Context) error {
			if n++; n%3 != 0 { // two of three fail
				return errors.New("not now")
			}
			return nil
		}}}})
		pass(time.Hour)
		if h.fired() || h.kept.Load() != nil {
			t.Error("it was not fed")
		}
		h.close(t)
	})
}

func TestRenewedLease(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := &watchdog.Lease{Name: "loop", Term: 2 * time.Minute}
		h := start(t, watchdog.Options{Leases: []*watchdog.Lease{l}})
		for range 60 {
			time.Sleep(time.Minute)
			l.Renew()
		}
		if h.fired() || h.kept.Load() != nil {
			t.Error("it was not fed")
		}
		if r := h.Report(t.Context()); !r.Well || r.Checks[0].Since < 58*time.Minute {
			t.Errorf("the report is %+v", r)
		}
		h.close(t)
	})
}

// TestKeepHangs: the reason cannot be stored, because the disk of the state directory is what
// hangs.
func TestKeepHangs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		gone := make(chan struct{})
		defer close(gone)
		h := start(t, watchdog.Options{
			Checks: []watchdog.Check{{Name: "commits", Grace: timeout, Run: func(context.Context) error { return errors.New("stand still") }}},
			Keep:   func(string) error { <-gone; return nil },
		})
		if _, after := h.await(t); after > 2*timeout {
			t.Errorf("it waited %v for it", after)
		}
		if h.fired() {
			t.Error("the device fired before the program could end by itself")
		}
	})
}

// TestStacks: the stacks are dumped, and a writer that hangs does not delay the end.
func TestStacks(t *testing.T) {
	for _, hangs := range []bool{false, true} {
		synctest.Test(t, func(t *testing.T) {
			var out strings.Builder
			gone := make(chan struct{})
			defer close(gone)
			h := start(t, watchdog.Options{
				Checks: []watchdog.Check{{Name: "x", Grace: timeout, Run: func(context.Context) error { return errors.New("y") }}},
				Dump: writerFunc(func(p []byte) (int, error) {
					if hangs {
						<-gone
						return 0, nil
					}
					return out.Write(p)
				}),
			})
			h.await(t)
			if !hangs && !strings.Contains(out.String(), "goroutine ") {
				t.Errorf("the dump is %q", out.String())
			}
			if h.fired() {
				t.Error("the device fired meanwhile")
			}
		})
	}
}

type writerFunc func([]byte) (int, error)

func (f writerFunc) Write(p []byte) (int, error) { return f(p) }

// TestStop: an orderly stop is fed without checks, for a minute. After that the device fires.
func TestStop(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := start(t, watchdog.Options{Checks: []watchdog.Check{{Name: "listener", Grace: timeout, Run: passes}}})
		pass(timeout)
		h.stop()
		pass(timeout + time.Second)
		if h.fired() {
			t.Error("the device fired within a minute")
		}
		<-h.device.Fired()
		close(h.ended)
		if err := <-h.result; err != nil {
			t.Error(err)
		}
	})
}

// TestSuspended: a machine that was suspended is not reset for checks that could not run.
func TestSuspended(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		device := &paused{Device: watchdogtest.New(timeout)}
		h := start(t, watchdog.Options{Device: device, Checks: []watchdog.Check{{Name: "well", Grace: timeout, Run: func(context.Context) error {
			device.wait()
			return nil
		}}}})
		pass(10 * timeout)
		device.pause(70 * time.Second) // a feed takes that long, as if its goroutine had not run
		pass(10 * timeout)
		if h.kept.Load() != nil {
			t.Errorf("withheld: %s", *h.kept.Load())
		}
		r := h.Report(t.Context())
		if r.Late.Most < 25*time.Second {
			t.Errorf("the latest feed was %v late", r.Late.Most)
		}
		h.stop()
		close(h.ended)
		<-h.result
	})
}

// A paused device delays one feed, and the checks that wait for it.
type paused struct {
	*watchdogtest.Device
	until atomic.Int64
}

func (p *paused) pause(d time.Duration) { p.until.Store(time.Now().Add(d).UnixNano()) }
func (p *paused) wait()                 { time.Sleep(time.Until(time.Unix(0, p.until.Load()))) }
func (p *paused) Feed() error           { p.wait(); return p.Device.Feed() }

// TestWithoutDevice: checks run only for Report.
func TestWithoutDevice(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		gone := make(chan struct{})
		defer close(gone)
		runs, broken := 0, false
		f := watchdog.New(watchdog.Options{
			Checks: []watchdog.Check{
				{Name: "index", Grace: timeout, Run: func(context.Context) error { runs++; return nil }},
				{Name: "spool read", Grace: timeout, Run: func(context.Context) error {
					if broken {
						<-gone
					}
					return nil
				}},
			},
			Leases: []*watchdog.Lease{{Name: "loop", Term: time.Hour}},
		})
		ctx, stop := context.WithCancel(t.Context())
		ended, result := make(chan struct{}), make(chan error)
		go func() { result <- f.Run(ctx, ended) }()
		pass(time.Hour)
		if runs != 0 {
			t.Error("a check was run without a Report")
		}
		if r := f.Report(t.Context()); !r.Well || runs != 1 || len(r.Checks) != 3 || r.Timeout != 0 {
			t.Errorf("the report is %+v", r)
		}
		broken = true
		began := time.Now()
		if r := f.Report(t.Context()); r.Well || r.Checks[1].Holds || r.Checks[1].Fault != "no answer" || !r.Checks[0].Holds {
			t.Errorf("with a device that hangs the report is %+v", r)
		}
		if took := time.Since(began); took > 10*time.Second {
			t.Errorf("the answer took %v", took)
		}
		gone <- struct{}{}
		stop()
		close(ended)
		if err := <-result; err != nil {
			t.Error(err)
		}
	})
}

// TestSettled: Settled is called once, after an hour.
func TestSettled(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var settled []time.Duration
		began := time.Now()
		h := start(t, watchdog.Options{Settled: func() { settled = append(settled, time.Since(began)) }})
		pass(5 * time.Hour)
		h.close(t)
		if len(settled) != 1 || settled[0] != watchdog.SettleTime {
			t.Errorf("it settled after %v", settled)
		}
	})
}
