package watchdog

import (
	"context"
	"time"
)

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
		one := Proof{Name: p.name, Took: p.took, Fault: p.missing(now)}
		if !p.passed.IsZero() {
			one.Age = now.Sub(p.passed)
		}
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
	var over []chan struct{}
	f.mu.Lock()
	for _, p := range f.proofs {
		if p.lease != nil && p.passed.IsZero() {
			p.passed = now
		}
		if p.check == nil {
			continue
		}
		if !p.running { // else somebody else has asked, or it hangs
			f.start(ctx, p, now)
		}
		over = append(over, p.over)
	}
	f.mu.Unlock()
	for _, one := range over {
		select {
		case <-one:
		case <-ctx.Done():
		}
	}
}
