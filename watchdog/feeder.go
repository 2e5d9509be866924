package watchdog

import (
	"context"
	"fmt"
	"io"
	"runtime"
	"strings"
	"sync"
	"time"

	"pillarbox/appliance/logbook"
)

// Options are what a feeder works with.
type Options struct {
	Device Device // nil: nothing is fed, and checks run when Report asks for them
	Checks []Check
	Leases []*Lease
	Log    *logbook.Logger // nil: none
	// Keep keeps a reason where the next start finds it, durably; nil: nothing is kept. It may take a tick; then the feeder goes on
	// without it, for the device that it writes to may be what hangs.
	Keep func(reason string) error
	// Dump takes the stacks of all goroutines when the feed is withheld; nil: nobody does.
	Dump io.Writer
	// Settled is called once, when everything has been proven for SettleTime; nil: nobody is told.
	Settled func()
}

// SettleTime is how long everything has to be proven before a box counts as well again.
const SettleTime = time.Hour

const (
	ticksPerTimeout = 3                // so that one late tick is no late feed
	stopPatience    = time.Minute      // how long an orderly end is fed without proofs
	askPatience     = 10 * time.Second // how long Report waits for checks that nobody else runs
	longestDump     = 256 << 10        // octets
)

// A Feeder feeds a device while everything is proven.
type Feeder struct {
	o     Options
	every time.Duration // between ticks
	group sync.WaitGroup

	mu      sync.Mutex
	proofs  []*proof
	ticked  time.Time // the last tick
	began   time.Time // since when all is proven; of Settled
	settled bool
	late    Lateness
	refused uint64 // feeds that the device did not take
}

// New returns a feeder. Nothing runs before Run.
func New(o Options) *Feeder {
	if o.Log == nil {
		o.Log = logbook.NewNop()
	}
	f := &Feeder{o: o}
	if o.Device != nil {
		f.every = o.Device.Timeout() / ticksPerTimeout
	}
	for i := range o.Checks {
		f.proofs = append(f.proofs, &proof{name: o.Checks[i].Name, grace: o.Checks[i].Grace, check: &o.Checks[i]})
	}
	for _, l := range o.Leases {
		f.proofs = append(f.proofs, &proof{name: l.Name, grace: l.Term, lease: l})
	}
	return f
}

// Unproven is why the feed was withheld.
type Unproven struct{ Reason string }

func (u *Unproven) Error() string { return "the box could not prove that it works: " + u.Reason }

// Run feeds until ctx ends, and goes on without proofs until ended is closed, for a minute at most: then it disarms the device and
// returns nil. When a proof is missing, it keeps the reason, dumps the goroutines, and returns *Unproven without disarming: the device
// does the rest. It is called once.
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
	f.feed(time.Now())
	f.round(ctx, time.Now())
	for {
		select {
		case <-ctx.Done():
			return f.drain(ticker, ended)
		case <-ticker.C:
		}
		now := time.Now()
		f.excuse(now)
		if missing := f.missing(now); len(missing) > 0 {
			return f.withhold(missing)
		}
		f.feed(now)
		f.round(ctx, now)
	}
}

// begin gives every proof its first grace.
func (f *Feeder) begin(now time.Time) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.ticked, f.began = now, now
	for _, p := range f.proofs {
		p.passed, p.since = now, time.Time{}
	}
}

// excuse takes time that this goroutine was not run for out of every account: when the machine stood still, the others had no
// chance to prove anything either.
func (f *Feeder) excuse(now time.Time) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if stood := now.Sub(f.ticked) - f.every; stood > f.every/2 {
		for _, p := range f.proofs {
			p.passed = p.passed.Add(stood)
		}
	}
}

// missing returns the proofs that have run out, in words.
func (f *Feeder) missing(now time.Time) (reasons []string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, p := range f.proofs {
		p.look(now)
		if reason := p.missing(now); reason != "" {
			reasons = append(reasons, p.name+": "+reason)
		}
	}
	return reasons
}

// feed feeds, and measures how late that was.
func (f *Feeder) feed(now time.Time) {
	f.mu.Lock()
	first := f.ticked.Equal(now)
	late := now.Sub(f.ticked) - f.every
	f.ticked = now
	tell := !first && f.late.add(late, f.every)
	settled := !f.settled && now.Sub(f.began) >= SettleTime
	f.settled = f.settled || settled
	f.mu.Unlock()
	if err := f.o.Device.Feed(); err != nil {
		if f.refused++; rarely(f.refused) {
			f.o.Log.Error("the watchdog could not be fed", logbook.Error(err))
		}
	}
	if tell {
		f.o.Log.Warn("the watchdog was fed late: the machine is overloaded or stood still", logbook.Duration("late", late))
	}
	if settled && f.o.Settled != nil {
		f.o.Settled()
	}
}

// round starts the checks whose turn it is, each in a goroutine of its own that ends with it: one that hangs holds up no other.
func (f *Feeder) round(ctx context.Context, now time.Time) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, p := range f.proofs {
		if p.due(now, f.every) {
			f.start(ctx, p, now)
		}
	}
}

// start runs a check once. mu is held.
func (f *Feeder) start(ctx context.Context, p *proof, now time.Time) {
	over := make(chan struct{})
	p.running, p.started, p.over = true, now, over
	ctx, cancel := context.WithTimeout(ctx, max(p.grace, askPatience))
	f.group.Go(func() {
		defer close(over)
		defer cancel()
		err := p.check.Run(ctx)
		now := time.Now()
		f.mu.Lock()
		defer f.mu.Unlock()
		p.end(now, err)
	})
}

// withhold is called when proofs have run out: it feeds no more.
func (f *Feeder) withhold(missing []string) error {
	reason := strings.Join(missing, "; ")
	f.o.Log.Error("the watchdog is not fed any more", logbook.String("reason", reason))
	if f.o.Keep != nil && !within(f.every, func() {
		if err := f.o.Keep(reason); err != nil {
			f.o.Log.Error("the reason could not be kept", logbook.Error(err))
		}
	}) {
		f.o.Log.Error("the reason could not be kept: the state folder does not answer")
	}
	if f.o.Dump != nil {
		within(f.every/2, func() {
			stacks := make([]byte, longestDump)
			stacks = stacks[:runtime.Stack(stacks, true)]
			fmt.Fprintf(f.o.Dump, "%s\n", stacks)
		})
	}
	return &Unproven{reason}
}

// within says whether do has ended in time. One that has not goes on: it hangs in the kernel, and the program is at its end.
func within(patience time.Duration, do func()) bool {
	done := make(chan struct{})
	go func() {
		defer close(done)
		do()
	}()
	timer := time.NewTimer(patience)
	defer timer.Stop()
	select {
	case <-done:
		return true
	case <-timer.C:
		return false
	}
}

// drain feeds an orderly end until it has come, but not for ever.
func (f *Feeder) drain(ticker *time.Ticker, ended <-chan struct{}) error {
	over := make(chan struct{})
	go func() {
		<-ended
		f.group.Wait()
		close(over)
	}()
	until := time.Now().Add(stopPatience)
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
