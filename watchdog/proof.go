package watchdog

import (
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
	over    chan struct{} // closed when the last Run has ended
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
		return fmt.Sprintf("has not gone round for %v", age)
	case p.running:
		return fmt.Sprintf("no answer for %v", now.Sub(p.started).Round(time.Second))
	case p.err != nil:
		return fmt.Sprintf("%v, for %v", p.err, age)
	}
	return fmt.Sprintf("not proven for %v", age)
}
