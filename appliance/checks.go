package appliance

import (
	"context"
	"errors"
	"fmt"
	"time"

	"pillarbox/watchdog"
)

// checks is the table of health checks. grace is how long a passed check holds; the device
// of the spool has twice as long, for a card may take its time to tidy up.
func (a *Appliance) checks(grace time.Duration) []watchdog.Check {
	device := max(2*grace, leastDeviceGrace)
	list := []watchdog.Check{
		{Name: "commits", Grace: device, Run: commitsGetOn(a.spool)},
		{Name: "spool read", Grace: device, Run: func(context.Context) error { return a.spool.ReadProof() }},
		{Name: "index", Grace: grace, Run: func(context.Context) error { a.spool.Mailboxes(); return nil }},
	}
	for _, l := range a.listeners.Listeners() {
		name := fmt.Sprintf("%s %v", l.Key, l.Addr())
		list = append(list, watchdog.Check{Name: name, Grace: grace, Run: l.Answered})
	}
	return list
}

// leastDeviceGrace is how long a card may take for one write in any case.
const leastDeviceGrace = 30 * time.Second

// commitsGetOn passes if no message waits for a write, or a step was made since the last time.
func commitsGetOn(s interface {
	Pulse() (busy bool, steps uint64)
}) func(context.Context) error {
	var before uint64
	return func(context.Context) error {
		busy, steps := s.Pulse()
		stands := busy && steps == before
		before = steps
		if stands {
			return errors.New("mail waits for the device, which takes nothing")
		}
		return nil
	}
}
