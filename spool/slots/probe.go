package slots

// A Probe is for tests, which look at what no caller needs and let time pass. Nothing else uses it.
type Probe struct{ table *Table }

// Probe returns a probe of the table.
func (t *Table) Probe() Probe { return Probe{t} }

// Existing counts the free slots that have a file.
func (p Probe) Existing() int {
	s := p.table.lock()
	defer p.table.mu.Unlock()
	return s.existing()
}

// Available counts the slots that a new segment could have.
func (p Probe) Available() int {
	room := p.table.space()
	s := p.table.lock()
	defer p.table.mu.Unlock()
	return s.available(room)
}

// Age makes a slot the one that has been free longest, for a year.
func (p Probe) Age(n uint32) {
	s := p.table.lock()
	defer p.table.mu.Unlock()
	s.slots[n].freed = s.slots[n].freed.AddDate(-1, 0, 0)
}

// Locked reports whether the lock of the table is held.
func (p Probe) Locked() bool {
	if !p.table.mu.TryLock() {
		return true
	}
	p.table.mu.Unlock()
	return false
}

// Pins returns how many readers and writers a slot has.
func (p Probe) Pins(n uint32) int {
	s := p.table.lock()
	defer p.table.mu.Unlock()
	return s.slots[n].pins
}
