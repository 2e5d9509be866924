package slots

// A copy of the folder is made file by file while the spool goes on. A message that is moved from a
// slot that is still to be copied to one that was copied already must not get lost, and what was
// expunged must not come back. So what was moved away stays where it was, and counts, and what is
// retired stays to be read, for as long as a copy may take (Options.CopyTime); and nothing is
// retired during a hold. When new mail would be refused otherwise, or the last free slot was taken,
// room comes first.

// Hold begins a hold: no slot is retired, and none is made ahead of time, because whatever copies
// the folder may stumble over a file that gets another name. A file that is being made is waited
// for.
func (t *Table) Hold() {
	s := t.lock()
	if s.holds == 0 {
		s.broken = false
	}
	s.holds++
	t.mu.Unlock()
	t.making.Lock()
	defer t.making.Unlock()
}

// Release ends a hold. It returns ErrHurried if room was needed meanwhile.
func (t *Table) Release() error {
	s := t.lock()
	defer t.mu.Unlock()
	s.holds--
	t.opt.Wake()
	if s.broken {
		return ErrHurried
	}
	return nil
}

// Held reports whether a hold is kept.
func (t *Table) Held() bool {
	s := t.lock()
	defer t.mu.Unlock()
	return s.held()
}
