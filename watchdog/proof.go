package watchdog

import (
	"context"
	"fmt"
	"time"
)

// A proof is what is known of one check or lease. Feeder.mu guards it.
type proof struct {
	name  string
	grace time.Duration
	check *Check // nil: it is a lease
	lease *Lease

	turns   uint64 // of the lease, at the last look
	running bool
	started time.Time     // the last Run
	took    time.Duration // the last Run that ended
	passed  time.Time     // the last pass, or the beginning
	since   time.Time     // the first pass of the row that is unbroken; zero: there is none
	err     error         // of the last Run, if it failed
}

// due says whether the check is to be run: at the tick that is nearest to its time.
func (p *proof) due(now time.Time, tick time.Duration) bool {
	if p.check == nil || p.running {
		return false
	}
	return p.started.IsZero() || now.Sub(p.started) >= p.check.Every-tick/2
}

// look notices that a lease was renewed.
func (p *proof) look(now time.Time) {
	if p.lease == nil {
		return
	}
	if turns := p.lease.turns.Load(); turns != p.turns {
		p.turns = turns
		p.end(now, nil)
	}
}

// end is told how a Run ended.
func (p *proof) end(now time.Time, err error) {
	if p.running {
		p.took = now.Sub(p.started)
	}
	p.running, p.err = false, err
	switch {
	case err != nil:
		p.since = time.Time{}
	case p.since.IsZero():
		p.since = now
		fallthrough
	default:
		p.passed = now
	}
}

// missing says why the proof does not hold; "": it does.
func (p *proof) missing(now time.Time) string {
	age := now.Sub(p.passed)
	if age <= p.grace {
		return ""
	}
	age = age.Round(time.Second)
	switch {
	case p.lease != nil:
		return fmt.Sprintf("%s: has not gone round for %v", p.name, age)
	case p.running:
		return fmt.Sprintf("%s: no answer for %v", p.name, now.Sub(p.started).Round(time.Second))
	case p.err != nil:
		return fmt.Sprintf("%s: %v, for %v", p.name, p.err, age)
	}
	return fmt.Sprintf("%s: not proven for %v", p.name, age)
}

// A Proof is what Report says of a check or lease.
type Proof struct {
	Name  string
	Holds bool
	Since time.Duration // how long it has been proven without a break; 0: it is not
	Age   time.Duration // of the last proof
	Took  time.Duration // the last run of the check
	Fault string        // why the last run did not pass, or why the proof has run out
}

// A Report says how the box is.
type Report struct {
	Well    bool          // every proof holds, and the feeder itself goes round
	Timeout time.Duration // of the device; 0: there is none
	Fed     time.Duration // how long ago the device was fed
	Late    Lateness
	Proofs  []Proof
}

// Report says what is proven and since when. Without a device it has the checks run first, for 10 s at most.
func (f *Feeder) Report(ctx context.Context) Report {
	if f.o.Device == nil {
		f.ask(ctx)
	}
	now := time.Now()
	f.mu.Lock()
	defer f.mu.Unlock()
	r := Report{Well: true, Late: f.late}
	if f.o.Device != nil {
		r.Timeout, r.Fed = f.o.Device.Timeout(), now.Sub(f.ticked)
		r.Well = !f.ticked.IsZero() && r.Fed <= r.Timeout
	}
	for _, p := range f.proofs {
		p.look(now)
		one := Proof{Name: p.name, Age: now.Sub(p.passed), Took: p.took, Fault: p.missing(now)}
		one.Holds = one.Fault == "" && (f.o.Device != nil || p.err == nil && !p.running)
		if !p.since.IsZero() {
			one.Since = now.Sub(p.since)
		}
		if p.err != nil {
			one.Fault = p.err.Error()
		}
		if !one.Holds && one.Fault == "" {
			one.Fault = "no answer"
		}
		r.Well = r.Well && one.Holds
		r.Proofs = append(r.Proofs, one)
	}
	return r
}

// ask runs every check and waits for them. Leases hold from the first question on.
func (f *Feeder) ask(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, askPatience)
	defer cancel()
	now := time.Now()
	var over []<-chan struct{}
	f.mu.Lock()
	for _, p := range f.proofs {
		switch {
		case p.check != nil && !p.running:
			over = append(over, f.start(ctx, p, now))
		case p.lease != nil && p.passed.IsZero():
			p.passed = now
		}
	}
	f.mu.Unlock()
	for _, one := range over {
		select {
		case <-one:
		case <-ctx.Done():
		}
	}
}
