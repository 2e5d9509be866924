package commit

import (
	"sync"

	"pillarbox/spool/format"
)

// Counters are what a log counts.
type Counters struct {
	Lifetime format.Lifetime // as of the last batch
	ReadOnly bool            // the device refused a batch twice; the next one that it takes ends it
	Damaged  int             // records that did not verify, since the start
}

// A meter guards the counters. Its lock is a leaf: nothing is called with it held.
type meter struct {
	mu       sync.Mutex
	counters Counters
}

// update changes the counters.
func (m *meter) update(change func(c *Counters)) {
	m.mu.Lock()
	defer m.mu.Unlock()
	change(&m.counters)
}

func (m *meter) read() Counters {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.counters
}

// damage counts records that did not verify.
func (m *meter) damage(records int) {
	m.update(func(c *Counters) { c.Damaged += records })
}
