package spool

import (
	"context"
	"errors"

	"pillarbox/spool/format"
	"pillarbox/spool/reader"
)

// A Damage is a message that does not verify.
type Damage struct {
	Mailbox Key
	UID     string
	Slot    uint32
	Offset  int64 // of its record in the slot
}

// A Report is what Verify found.
type Report struct {
	Messages int // that were read
	Bytes    int64
	Damaged  []Damage
	Lost     int // records that did not verify when the spool was opened, of unknown mailboxes
}

// Verify reads every message past the page cache and writes nothing. progress, which may be nil, is
// called with how many of how many messages are done. An error is one of the device, or of ctx; the
// report is then of what was read before.
func (s *Spool) Verify(ctx context.Context, progress func(done, total int)) (Report, error) {
	return s.verify(ctx, 0, progress)
}

// scrubSegments is how many of the newest segments are read after a start: a power cut may have
// hurt what was written shortly before it, even where it was durable.
const scrubSegments = 4

// scrub reads what lives in the newest segments, once in the life of the process, and counts what
// is damaged.
func (s *Spool) scrub(ctx context.Context) error {
	if s.scrubbed.Swap(true) {
		return nil
	}
	newest := s.table.Newest()
	r, err := s.verify(ctx, newest-min(newest, scrubSegments-1), nil)
	s.log.Damage(len(r.Damaged))
	return err
}

// verify reads the messages that lie in segments from first on.
func (s *Spool) verify(ctx context.Context, first uint64, progress func(done, total int)) (Report, error) {
	st := s.Stats()
	r := Report{Lost: st.Damaged}
	window := reader.NewWindow(s.reader)
	defer window.Close()
	for _, box := range s.Mailboxes() {
		v, err := s.View(box.Key)
		if err != nil {
			return r, err
		}
		err = v.verifyAll(ctx, first, window, &r, func() {
			if progress != nil {
				progress(r.Messages, st.Messages)
			}
		})
		v.Close()
		if err != nil {
			return r, err
		}
	}
	return r, nil
}

// verifyAll reads the messages that lie in segments from first on, adds what it finds to a report,
// and calls step after each.
func (v *View) verifyAll(ctx context.Context, first uint64, window *reader.Window, r *Report, step func()) error {
	for n := 1; n <= v.Len(); n++ {
		if err := ctx.Err(); err != nil {
			return err
		}
		size, damage, err := v.verify(n, first, window)
		if err != nil {
			return err
		}
		if damage != nil {
			r.Damaged = append(r.Damaged, *damage)
		}
		r.Messages++
		r.Bytes += size
		step()
	}
	return nil
}

// verify reads one message past the page cache, if it lies in a segment from first on: through a
// window, if there is one.
func (v *View) verify(n int, first uint64, window *reader.Window) (size int64, damage *Damage, err error) {
	found := v.spool.index.LocateRow(v.key, &v.rows, v.live.Find(n-1))
	// Before the slot is pinned, which may open its file. What is moved goes to newer segments.
	if first > 0 && v.spool.table.Segment(uint32(found.Slot)) < first {
		return 0, nil, nil
	}
	at, _, found, err := v.pinFound(found.Entry, found)
	if expunged(err, found) {
		return 0, nil, nil // since the view was made
	}
	if err != nil {
		return 0, nil, err
	}
	defer v.spool.table.Unpin(uint32(at.Slot))
	if window != nil {
		size, err = window.Verify(at)
	} else {
		size, err = v.spool.reader.Verify(at)
	}
	if !errors.Is(err, format.ErrUnreadable) {
		return size, nil, err
	}
	if now := v.spool.index.Locate(v.key, at.Entry); !now.Lives || now.Location() != at.Location() {
		return 0, nil, nil // it was expunged since the view was made, or moved
	}
	return 0, &Damage{v.key, string(v.AppendUID(nil, n)), uint32(at.Slot), int64(at.Offset) * 8}, nil
}

// Sound reports whether message n verifies. It is read past the page cache for that, whole, however
// often it was verified before: for a caller that takes mail away and will not ask again. A message
// that was expunged meanwhile is sound.
func (v *View) Sound(n int) (bool, error) {
	_, damage, err := v.verify(n, 0, nil)
	return damage == nil, err
}
