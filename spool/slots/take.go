package slots

import (
	"context"
	"errors"
	"time"

	"pillarbox/spool/flash"
)

// expungedReadable is how long a slot is spared whose mail was expunged, so that sessions that
// still list the mail can fetch it.
const expungedReadable = 10 * time.Minute

// Take finds a slot for a new segment and pins it, leaving reserve other ones alone: one that has
// been free for a while, or was never used; else a new one; else the one that has been free
// longest. It returns ErrFull if there is none.
func (w Writer) Take(reserve int) (n uint32, file flash.File, err error) {
	t := w.table
	n, file, err = w.takeAny(reserve)
	if errors.Is(err, ErrFull) { // or they are all being removed now, see Shed
		w.awaitMaking()
		n, file, err = w.takeAny(reserve)
	}
	if err != nil && !errors.Is(err, ErrFull) {
		return 0, nil, t.Fault(err)
	}
	return n, file, err
}

// takeAny takes a slot that may be a new one, or if there is no room for that, one that there is.
func (w Writer) takeAny(reserve int) (n uint32, file flash.File, err error) {
	n, file, err = w.table.take(reserve, true)
	if errors.Is(err, ErrFull) {
		n, file, err = w.table.take(reserve, false)
	}
	return n, file, err
}

// awaitMaking waits for files that are being made or removed.
func (w Writer) awaitMaking() {
	w.table.making.Lock()
	defer w.table.making.Unlock()
}

// take chooses a free slot, pins it and ensures that it has a file to be written.
func (t *Table) take(reserve int, mayGrow bool) (uint32, flash.File, error) {
	room := t.space()
	s := t.lock()
	sl := s.choose(reserve, mayGrow, room)
	if sl == nil {
		t.mu.Unlock()
		return 0, nil, ErrFull
	}
	sl.pins++ // at once: Maintain makes slots, too
	sl.taken = true
	t.mu.Unlock()
	err := t.prepare(sl, false)
	var file flash.File
	if err == nil {
		t.lock()
		file, _, err = t.pinAndUnlock(sl)
	}
	s = t.lock()
	idle := s.unpin(sl)
	sl.taken = err == nil
	if err == nil {
		s.noteHurry(sl)
	}
	t.mu.Unlock()
	closeFile(idle)
	return sl.number, file, err
}

// choose returns a free slot, or nil.
func (s *state) choose(reserve int, mayGrow bool, room space) *slot {
	if s.available(room) <= reserve {
		return nil
	}
	old := s.longestFree()
	if s.existing() <= reserve {
		// The reserve are slots that exist, because the file system may be full when they are
		// needed.
		old = nil
	}
	// Where slots grow, a slot that is used again loses its file first, which a copy may be about
	// to read.
	removes := s.holds > 0 && s.opt.Volume.Mode() == flash.Append
	if mayGrow && (old == nil || removes || time.Since(old.freed) < max(expungedReadable, s.opt.CopyTime)) {
		if fresh := s.fresh(); fresh != nil {
			return fresh
		}
	}
	return old
}

// Grow makes slots until the reserve and one more exist, unless a copy of the folder is being made.
func (t *Table) Grow(ctx context.Context) error {
	for range Reserved + 1 {
		s := t.lock()
		var sl *slot
		if s.existing() <= Reserved && s.holds == 0 && ctx.Err() == nil {
			sl = s.fresh()
		}
		if sl == nil {
			t.mu.Unlock()
			return ctx.Err()
		}
		sl.pins++
		t.mu.Unlock()
		err := t.prepare(sl, true)
		t.Unpin(sl.number)
		if errors.Is(err, ErrFull) || errors.Is(err, ErrHeld) {
			return nil
		}
		if err != nil {
			return t.Fault(err)
		}
	}
	return nil
}

// ReserveOld reserves the room of the slots that were there when the spool was opened and that
// deletes will be written to: the active one, and those without a segment. It changes no file
// during a hold.
func (t *Table) ReserveOld() error {
	if t.opt.Volume.Mode() != flash.Append {
		return nil
	}
	for n := uint32(0); ; n++ {
		if end, err := reserveOld(t, n); end || err != nil {
			return err
		}
	}
}

// reserveOld reserves the room of slot n if it is one of those. It returns true behind the last
// slot.
func reserveOld(t *Table, n uint32) (end bool, err error) {
	t.making.Lock()
	defer t.making.Unlock()
	s := t.lock()
	sl := s.slot(n)
	old := sl != nil && sl.exists && !sl.roomy && (sl == s.hot || sl.free() && sl.Header.Segment == 0)
	if end = int64(n) >= int64(len(s.slots)) || s.holds > 0; end || !old {
		t.mu.Unlock()
		return end, nil
	}
	file, _, err := t.pinAndUnlock(sl)
	if err != nil {
		return false, t.Fault(err)
	}
	err = file.Reserve(t.opt.Format.SlotSize)
	s = t.lock()
	s.slots[n].roomy = err == nil
	t.mu.Unlock()
	t.Unpin(n)
	return false, nil
}
