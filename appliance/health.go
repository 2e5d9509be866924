package appliance

import (
	"context"
	"fmt"
	"time"

	"pillarbox/appliance/config"
	"pillarbox/appliance/control"
)

// AskHealth asks the box that runs what it has proven. An error: none does, or it does not answer in time.
func AskHealth(c *config.Config, patience time.Duration) (*control.Health, error) {
	client, err := dialControl(c.State)
	if err != nil {
		return nil, fmt.Errorf("the box does not run: %w", err)
	}
	defer client.Close()
	if err := client.Deadline(time.Now().Add(patience)); err != nil {
		return nil, err
	}
	return client.Health()
}

// health says what is proven.
func (a *Appliance) health(ctx context.Context) control.Health {
	r := a.guard.feeder.Report(ctx)
	h := control.Health{
		Well: r.Well, Device: a.guard.name, Timeout: r.Timeout, Fed: r.Fed, Late: r.Late.Most,
		Up: time.Since(a.started), Last: a.guard.last, Degraded: a.degraded(),
	}
	for _, p := range r.Proofs {
		h.Proofs = append(h.Proofs, control.Proof(p))
	}
	return h
}

// degraded says what works less well without being a reason to start again: a full box still gives its mail out, and so does one whose
// device takes no writes.
func (a *Appliance) degraded() (said []string) {
	st := a.spool.Stats()
	if a.guard.reading {
		said = append(said, fmt.Sprintf("reading only, after %d resets by the watchdog", a.guard.resets))
	}
	if st.ReadOnly {
		said = append(said, "the device refused two writes: nothing new is accepted until it takes one")
	}
	if st.Faults > 0 {
		said = append(said, fmt.Sprintf("%d writes or flushes have failed: %v", st.Faults, st.LastFault))
	}
	if st.Damaged > 0 {
		said = append(said, fmt.Sprintf("%d records are damaged", st.Damaged))
	}
	if a.spool.Room(0) != nil {
		said = append(said, "the spool is full: new mail is refused for now")
	}
	return said
}

// statusLine says in a few words how the box is.
func (a *Appliance) statusLine() string {
	if said := a.degraded(); len(said) > 0 {
		return "serving; " + said[0]
	}
	return "serving"
}
