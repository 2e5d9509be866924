package slots

import (
	"fmt"

	"pillarbox/spool/flash"
	"pillarbox/spool/format"
)

// Pin keeps a slot from being written over, until Unpin, and returns its file and the segment in
// it. The caller reads from this file: Close takes away that of the slot. It returns
// format.ErrUnreadable if there is no such slot, or it was taken for a new segment already.
//
// Pin opens the file if it must, without holding the lock of the table meanwhile.
func (t *Table) Pin(n uint32) (file flash.File, segment uint64, err error) { return t.pin(n, 0) }

// PinSegment is Pin, and returns format.ErrUnreadable if the slot holds another segment.
func (t *Table) PinSegment(n uint32, segment uint64) (flash.File, error) {
	file, _, err := t.pin(n, segment)
	return file, err
}

func (t *Table) pin(n uint32, want uint64) (file flash.File, segment uint64, err error) {
	s := t.lock()
	sl := s.slot(n)
	if !s.closed && (sl == nil || sl.taken || want != 0 && sl.Header.Segment != want) {
		t.mu.Unlock()
		return nil, 0, format.ErrUnreadable
	}
	return t.pinAndUnlock(sl)
}

// pinAndUnlock pins a slot, which was looked at with the lock held, and releases the lock.
func (t *Table) pinAndUnlock(sl *slot) (file flash.File, segment uint64, err error) {
	if t.state.closed {
		t.mu.Unlock()
		return nil, 0, ErrClosed
	}
	sl.pins++
	file, segment = sl.file, sl.Header.Segment
	t.mu.Unlock()
	if file == nil {
		file, err = t.open(sl)
	}
	return file, segment, err
}

// open opens the file of a pinned slot. If it cannot, it releases the slot.
func (t *Table) open(sl *slot) (flash.File, error) {
	sl.opening.Lock()
	defer sl.opening.Unlock()
	t.lock()
	file := sl.file
	t.mu.Unlock()
	if file != nil {
		return file, nil
	}
	file, err := t.opt.Volume.Open(Name(sl.number))
	s := t.lock()
	if err == nil && !s.closed {
		sl.file = file
		s.open++
		t.mu.Unlock()
		return file, nil
	}
	idle := s.unpin(sl)
	t.mu.Unlock()
	closeFile(idle)
	if err != nil {
		return nil, fmt.Errorf("open slot %d: %w", sl.number, err)
	}
	closeFile(file)
	return nil, ErrClosed
}

// Unpin releases a slot that Pin has pinned.
func (t *Table) Unpin(n uint32) {
	s := t.lock()
	idle := s.unpin(s.slots[n])
	t.mu.Unlock()
	closeFile(idle)
}

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
