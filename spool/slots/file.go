package slots

import (
	"errors"
	"fmt"
	"os"
	"syscall"

	"pillarbox/spool/flash"
)

// prepare ensures that a free slot has a file to be written. Where slots are not recycled it is a
// new one, so that bytes on their way to a client stay what they are. The caller has pinned the
// slot, so that no other segment can take it. What is done ahead of time is refused with ErrHeld
// during a hold.
func (t *Table) prepare(sl *slot, ahead bool) error {
	s := t.lock()
	exists := sl.exists
	used := exists && t.opt.Volume.Mode() == flash.Append && (sl.Header.Segment != 0 || len(sl.Stale) > 0)
	closed := s.closed
	t.mu.Unlock()
	switch {
	case closed:
		return ErrClosed
	case exists && !used:
		return nil
	}
	t.making.Lock()
	defer t.making.Unlock()
	sl.opening.Lock()
	defer sl.opening.Unlock()
	s = t.lock()
	closed = s.closed
	held := s.holds > 0 // a hold that began since the slot was chosen
	if held && used && !closed {
		s.broken = true // the capacity allows no other file: the copy loses this one
	}
	t.mu.Unlock()
	switch {
	case closed:
		return ErrClosed
	case held && ahead:
		return ErrHeld
	}
	if used {
		if err := t.remove(sl); err != nil {
			return err
		}
	}
	return t.create(sl, used)
}

// create makes the file of a slot. used is whether the slot had a file until now.
func (t *Table) create(sl *slot, used bool) error {
	// Zero-filled where slots are recycled: the one time that its pages are written for nothing.
	file, err := t.opt.Volume.Create(Name(sl.number), t.opt.Format.SlotSize)
	if noRoom(err) {
		return t.noRoom(sl)
	}
	if err != nil {
		return fmt.Errorf("create slot %d: %w", sl.number, err)
	}
	s := t.lock()
	sl.exists, sl.file, sl.roomy = true, file, false
	s.open++
	t.mu.Unlock()
	return t.reserve(sl, file, used)
}

// reserve allocates the whole size of a slot on the file system where slots grow, so that what
// another program writes cannot take the room that deletes need. Where the file system cannot, the
// slot is as good, and mail leaves room free instead, see tight.
func (t *Table) reserve(sl *slot, file flash.File, used bool) error {
	if t.opt.Volume.Mode() != flash.Append {
		return nil
	}
	err := file.Reserve(t.opt.Format.SlotSize)
	t.lock()
	sl.roomy = err == nil
	t.mu.Unlock()
	// In a slot that is used again there may be room for the few pages of a delete.
	if !noRoom(err) || used {
		return nil
	}
	if err := t.remove(sl); err != nil && !errors.Is(err, errPinned) {
		_ = t.Fault(err) // it was counted; what matters is that there is no slot
	}
	return t.noRoom(sl)
}

// noRoom reports whether the file system is full.
func noRoom(err error) bool {
	return errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EDQUOT)
}

// noRoom notes that the file system has no room for another slot, and returns ErrFull.
func (t *Table) noRoom(sl *slot) error {
	s := t.lock()
	s.cramped = true
	t.mu.Unlock()
	return fmt.Errorf("%w: the file system has no room for slot %d", ErrFull, sl.number)
}

// errPinned is returned when a reader has pinned a slot whose file was to be removed: of a message
// that is expunged, in a view that still lists it. The slot is not free then.
var errPinned = errors.New("a reader has the slot")

// remove removes the file of a slot, which holds nothing. The caller has pinned the slot and holds
// its opening.
func (t *Table) remove(sl *slot) error {
	s := t.lock()
	if sl.pins > 1 {
		t.mu.Unlock()
		return errPinned
	}
	file := s.detach(sl)
	t.mu.Unlock()
	closeFile(file)
	if err := t.opt.Volume.Remove(Name(sl.number)); err != nil && !errors.Is(err, os.ErrNotExist) {
		return fmt.Errorf("remove slot %d: %w", sl.number, err)
	}
	t.lock()
	sl.exists, sl.roomy = false, false
	t.mu.Unlock()
	return nil
}

// Shed removes the files of dead segments when the file system gets tight: where slots grow, they
// hold the room that deletes need. Those whose room is reserved are kept as far as they are the
// reserve: what they give back another program could take.
//
// Until it is done these slots are neither free nor missing. So it holds making meanwhile, and who
// finds no slot waits for that.
func (t *Table) Shed() {
	// Mostly it is not, and then a file that is being made is not waited for.
	if t.opt.Volume.Mode() != flash.Append || !errors.Is(t.Writer().Tight(), ErrFull) {
		return
	}
	t.making.Lock()
	defer t.making.Unlock()
	var err error
	for _, sl := range t.takeShed() {
		if err == nil {
			sl.opening.Lock()
			err = t.remove(sl)
			sl.opening.Unlock()
			if errors.Is(err, errPinned) {
				err = nil
			}
		}
		t.Unpin(sl.number)
	}
	if err != nil {
		_ = t.Fault(err) // it was counted; the others are removed another time
	}
}

// takeShed pins the slots whose files are to be removed, if the file system is tight now.
func (t *Table) takeShed() (shed []*slot) {
	room := t.space()
	s := t.lock()
	defer t.mu.Unlock()
	if s.closed || !s.tight(room) {
		return nil
	}
	kept := 0
	for _, sl := range s.slots {
		if sl == nil || !sl.exists || !sl.free() {
			continue
		}
		if sl.roomy && kept < Reserved {
			kept++
			continue
		}
		if sl.Header.Segment != 0 || len(sl.Stale) > 0 {
			sl.pins++
			shed = append(shed, sl)
		}
	}
	// Deletes come first: a copy that is being made loses these files.
	s.broken = s.broken || s.holds > 0 && len(shed) > 0
	return shed
}
