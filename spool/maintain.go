package spool

import (
	"context"
	"errors"
	"fmt"
	"io"

	"pillarbox/spool/flash"
	"pillarbox/spool/recovery"
)

// Chores has a token whenever Maintain has something to do.
func (s *Spool) Chores() <-chan struct{} { return s.chores }

// Maintain does what can be done ahead of time, in the caller's goroutine: it makes the next slots,
// so that no delivery waits for their zeros and deletes find one when the file system is full, and
// makes room when free slots are few. The first time it also reads again what was written last, to
// know of damage before a client does. It is to be called at the start and for each token of
// Chores.
func (s *Spool) Maintain(ctx context.Context) error {
	if s.log.Closed() {
		return ErrClosed
	}
	if s.opt.ReadOnly {
		return nil
	}
	if err := recovery.Reread(ctx, s.recovery(), &s.found); err != nil {
		return err
	}
	few := s.table.Few()
	if err := errors.Join(s.table.ReserveOld(), s.table.Grow(ctx)); err != nil {
		return err
	}
	if few {
		if err := s.log.MakeRoom(ctx); err != nil {
			return err
		}
	}
	if err := s.scrub(ctx); err != nil {
		return err
	}
	return ctx.Err()
}

// Compact moves mail together, whether slots are few or not, until every segment is three quarters
// full: each slot that it frees costs as many bytes as lived in it. progress, which may be nil, is
// called after each segment.
func (s *Spool) Compact(ctx context.Context, progress func(freeSlots int)) error {
	if s.opt.ReadOnly {
		return ErrReadOnly
	}
	if s.log.Closed() {
		return ErrClosed
	}
	return s.log.Compact(ctx, func() {
		if progress != nil {
			progress(s.Stats().FreeSlots)
		}
	})
}

// A Hold keeps slots from being used again, so that a copy of the folder holds all mail that was
// there when it began.
type Hold struct{ spool *Spool }

// Hold begins a hold. From its return to Release no segment is retired, no file is removed, and no
// file is made or written but for mail and deletes, which go on; or Release returns ErrHurried. It
// waits for a batch that is being written, which may retire a segment, and for a file that is being
// made. Compact ends when a hold begins.
func (s *Spool) Hold() *Hold {
	s.table.Hold()
	// A closed log writes nothing, which is what the hold is for.
	_ = s.log.AwaitBatch()
	return &Hold{s}
}

// Release ends the hold. It returns ErrHurried if the spool needed the room. A second Release does
// nothing.
func (h *Hold) Release() error {
	s := h.spool
	if s == nil {
		return nil
	}
	h.spool = nil
	return s.table.Release()
}

// Pulse reports whether a caller waits for the device to take a write, and how many steps such
// waits have made since the start. When a caller waits and no step is made, the device hangs, or
// what writes to it. It takes no lock and never waits.
func (s *Spool) Pulse() (busy bool, steps uint64) { return s.log.Progress() }

// proofSlots is how many slots ReadProof tries: a bad page in one is damage, and damage is no
// reason to start again.
const proofSlots = 3

// ReadProof reads one page of mail past the page cache, of another slot each time, and returns nil
// when the device gave one. Of an empty spool there is nothing to read. It may hang as long as the
// device does.
func (s *Spool) ReadProof() error {
	page := flash.Aligned(flash.Page)
	var failed error
	for range proofSlots {
		n, file, at, ok, err := s.table.NextProof()
		if !ok {
			break
		}
		if err == nil {
			_, err = file.ReadUncached(page, at)
			s.table.Unpin(n)
		}
		if err == nil || errors.Is(err, io.EOF) {
			return nil
		}
		failed = fmt.Errorf("read slot %d: %w", n, err)
	}
	return failed
}
