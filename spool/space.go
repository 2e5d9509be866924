package spool

import (
	"context"
	"errors"
	"fmt"
	"os"
	"syscall"
	"time"

	"pillarbox/spool/flash"
)

// Sparing a slot whose mail was expunged a short while ago lets sessions that still list this mail fetch it.
const expungedReadable = 10 * time.Minute

// takeSlot finds a slot for a new segment and pins it, leaving reserve other ones alone: one that has been free for a
// while, or was never used; else a new one; else the one that has been free longest. ErrFull: there is none.
func (s *Spool) takeSlot(reserve int) (*slot, error) {
	sl, err := s.take(reserve, true)
	if errors.Is(err, ErrFull) { // or the file system is, but for the slots that there are
		sl, err = s.take(reserve, false)
	}
	if err != nil && !errors.Is(err, ErrFull) {
		return nil, s.fault(err)
	}
	return sl, err
}

// take chooses a free slot, pins it and sees to its file.
func (s *Spool) take(reserve int, mayGrow bool) (*slot, error) {
	s.mu.Lock()
	sl := s.choose(reserve, mayGrow)
	if sl == nil {
		s.mu.Unlock()
		return nil, ErrFull
	}
	sl.pins++ // at once: Maintain makes slots, too
	s.mu.Unlock()
	err := s.prepare(sl)
	s.mu.Lock()
	defer s.mu.Unlock()
	sl.pins--
	if err == nil {
		_, err = s.pin(sl)
	}
	if err != nil {
		return nil, err
	}
	s.noteHurry(sl)
	return sl, nil
}

// choose returns a free slot, or nil. Spool.mu is held.
func (s *Spool) choose(reserve int, mayGrow bool) *slot {
	if s.available() <= reserve {
		return nil
	}
	old := s.longestFree()
	if s.existing() <= reserve {
		old = nil // the reserve are slots that exist, for the file system may be full when they are needed
	}
	if mayGrow && (old == nil || time.Since(old.freed) < max(expungedReadable, s.opt.CopyTime)) {
		if fresh := s.freshSlot(); fresh != nil {
			return fresh
		}
	}
	return old
}

// longestFree returns the existing slot that has been free longest, or nil. Spool.mu is held.
func (s *Spool) longestFree() *slot {
	var found *slot
	for _, sl := range s.slots {
		if sl != nil && sl.exists && sl.free() && (found == nil || sl.freed.Before(found.freed)) {
			found = sl
		}
	}
	return found
}

// freshSlot returns a slot that has no file yet, or nil when the capacity allows no more. Spool.mu is held.
func (s *Spool) freshSlot() *slot {
	for number := range s.maxSlots() {
		if number == len(s.slots) {
			s.slots = append(s.slots, nil)
		}
		sl := s.slots[number]
		if sl == nil {
			sl = &slot{number: uint32(number)}
			s.slots[number] = sl
		}
		if !sl.exists && sl.free() {
			return sl
		}
	}
	return nil
}

// prepare sees to the file of a free slot. Where slots are not recycled it is a new one, so that bytes on their way to a client stay what
// they are. The slot is pinned, so nobody else looks at it.
func (s *Spool) prepare(sl *slot) error {
	s.mu.Lock()
	used := sl.exists && s.vol.Mode() == flash.Append && (sl.header.segment != 0 || len(sl.ghosts) > 0)
	exists := sl.exists
	if used {
		s.closeFile(sl)
	}
	s.mu.Unlock()
	name := slotName(sl.number)
	if exists && !used {
		return nil
	}
	if used {
		if err := s.vol.Remove(name); err != nil && !errors.Is(err, os.ErrNotExist) {
			return fmt.Errorf("remove slot %d: %w", sl.number, err)
		}
		s.mu.Lock()
		sl.exists = false
		s.mu.Unlock()
	}
	// Zero-filled where slots are recycled: the one time that its pages are written for nothing.
	s.making.Lock()
	file, err := s.vol.Create(name, s.format.slotSize)
	s.making.Unlock()
	if errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EDQUOT) {
		s.mu.Lock()
		s.cramped = true
		s.mu.Unlock()
		return fmt.Errorf("%w: the file system has no room for slot %d", ErrFull, sl.number)
	}
	if err != nil {
		return fmt.Errorf("create slot %d: %w", sl.number, err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	sl.exists, sl.file = true, file
	s.openFiles++
	return nil
}

// shed removes the files of dead segments when the file system gets tight: where slots grow, they hold the room that deletes need.
func (s *Spool) shed() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.tight() {
		return
	}
	for _, sl := range s.slots {
		if sl == nil || !sl.exists || !sl.free() || sl.header.segment == 0 && len(sl.ghosts) == 0 {
			continue
		}
		s.closeFile(sl)
		if err := s.vol.Remove(slotName(sl.number)); err != nil {
			s.faultLocked(fmt.Errorf("remove slot %d: %w", sl.number, err))
			return
		}
		sl.exists = false
	}
}

// giveBack is takeSlot undone.
func (s *Spool) giveBack(sl *slot) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.unpin(sl)
}

// Chores has a token whenever Maintain has something to do.
func (s *Spool) Chores() <-chan struct{} { return s.chores }

func (s *Spool) wake() {
	select {
	case s.chores <- struct{}{}:
	default:
	}
}

// grow makes slots until the reserve and one more exist, unless somebody holds the spool.
func (s *Spool) grow(ctx context.Context) error {
	for range reservedSlots + 1 {
		s.mu.Lock()
		var sl *slot
		if s.existing() <= reservedSlots && s.holds == 0 && ctx.Err() == nil {
			sl = s.freshSlot()
		}
		if sl == nil {
			s.mu.Unlock()
			return ctx.Err()
		}
		sl.pins++
		s.mu.Unlock()
		err := s.prepare(sl)
		s.giveBack(sl)
		if errors.Is(err, ErrFull) {
			return nil
		}
		if err != nil {
			return s.fault(err)
		}
	}
	return nil
}

// Maintain does what can be done ahead of time, in the caller's goroutine: it makes the next slots, so that no
// delivery waits for their zeros and deletes find one when the file system is full, and makes room when free slots are few. The first time it also reads
// again what was written last, to know of damage before a client does. To be called at the start and for each token of Chores.
func (s *Spool) Maintain(ctx context.Context) error {
	if s.log.isClosed() {
		return ErrClosed
	}
	if s.opt.ReadOnly {
		return nil
	}
	s.mu.Lock()
	few := s.available()+s.waiting() <= lowWater
	s.mu.Unlock()
	if err := s.grow(ctx); err != nil {
		return err
	}
	for few && ctx.Err() == nil {
		progress, err := s.compactSome(s.commit)
		if errors.Is(err, ErrFull) {
			break // there is no place to move mail to until some is deleted
		}
		if !progress || err != nil {
			return err
		}
		s.mu.Lock()
		few = s.available()+s.waiting() <= lowWater
		s.mu.Unlock()
	}
	if err := s.scrub(ctx); err != nil {
		return err
	}
	return ctx.Err()
}
