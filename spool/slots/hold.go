package slots

// A copy of the folder is made file by file while the spool goes on. A message that is moved from a
// slot that is still to be copied to one that was copied already must not get lost, and what was
// expunged must not come back. So what was moved away stays where it was, and counts, and what is
// retired stays to be read, for as long as a copy may take (Options.CopyTime); and nothing is
// retired during a hold. When new mail would be refused otherwise, or the last free slot was taken,
// room comes first.

// Hold begins a hold: no slot is retired, none is made ahead of time and no file is removed,
// because a program that copies the folder fails when a file disappears under its name. A file that
// is being made or removed is waited for.
//
// The hold is counted before making is taken: whatever takes making later sees it, and what took it
// before has ended when Hold returns.
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

// Held reports whether there is a hold, which may be broken. Until it is released nothing is done
// ahead of time.
func (t *Table) Held() bool {
	s := t.lock()
	defer t.mu.Unlock()
	return s.holds > 0
}
