package spool

import (
	"context"
	"errors"

	"pillarbox/spool/flash"
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
	Lost     int // records that did not verify when the spool was opened: nobody can tell whose they were
}

// Verify reads every message past the page cache and writes nothing. progress, which may be nil, is told how many of
// how many messages are done. An error is one of the device, or of ctx; the report is then of what was read before.
func (s *Spool) Verify(ctx context.Context, progress func(done, total int)) (Report, error) {
	return s.verify(ctx, 0, progress)
}

// scrubSegments is how many of the newest segments are read after a start: a power cut may have hurt what was
// written shortly before it, even where it was durable.
const scrubSegments = 4

// scrub reads what lives in the newest segments, once in the life of the process, and counts what is damaged.
func (s *Spool) scrub(ctx context.Context) error {
	s.mu.Lock()
	done := s.scrubbed
	s.scrubbed = true
	first := s.nextSegment - min(s.nextSegment, scrubSegments-1)
	s.mu.Unlock()
	if done {
		return nil
	}
	r, err := s.verify(ctx, first, nil)
	s.mu.Lock()
	s.damaged += len(r.Damaged)
	s.mu.Unlock()
	return err
}

// verify reads the messages that lie in segments from first on.
func (s *Spool) verify(ctx context.Context, first uint64, progress func(done, total int)) (Report, error) {
	st := s.Stats()
	r := Report{Lost: st.Damaged}
	for _, box := range s.Mailboxes() {
		v, err := s.View(box.Key)
		if err != nil {
			return r, err
		}
		for n := 1; n <= v.Len(); n++ {
			if err := ctx.Err(); err != nil {
				return r, err
			}
			size, damage, err := v.verify(n, first)
			if err != nil {
				return r, err
			}
			if damage != nil {
				r.Damaged = append(r.Damaged, *damage)
			}
			r.Messages++
			r.Bytes += size
			if progress != nil {
				progress(r.Messages, st.Messages)
			}
		}
		v.Close()
	}
	return r, nil
}

// verify reads one message past the page cache, if it lies in a segment from first on.
func (v *View) verify(n int, first uint64) (size int64, damage *Damage, err error) {
	s := v.spool
	s.mu.Lock()
	at := v.live.find(n - 1)
	r := v.rows[at]
	if i, ok := s.mailboxes[v.key].find(r.identity); ok {
		r.move(s.mailboxes[v.key].rows[i].place())
	}
	sl := s.slots[r.slot]
	segment, tag := sl.header.segment, s.tags[r.epoch]
	if segment < first {
		s.mu.Unlock()
		return 0, nil, nil
	}
	file, err := s.pin(sl)
	s.mu.Unlock()
	if err != nil {
		return 0, nil, err
	}
	defer s.giveBack(sl)
	m := &Message{spool: s, via: pastCache}
	defer m.Close()
	err = m.locate(pastCache(file), r, segment, tag, v.key, false)
	if errors.Is(err, errUnreadable) {
		if v.gone(r) {
			return 0, nil, nil
		}
		return 0, &Damage{v.key, string(v.AppendUID(nil, n)), uint32(r.slot), int64(r.offset) * 8}, nil
	}
	return m.size, nil, err
}

// gone says whether a message was expunged since the view was made.
func (v *View) gone(r row) bool {
	v.spool.mu.Lock()
	defer v.spool.mu.Unlock()
	box := v.spool.mailboxes[v.key]
	i, ok := box.find(r.identity)
	return !ok || box.dead.has(i) || box.rows[i].place() != r.place()
}

func pastCache(file flash.File) flash.File { return uncached{file} }

// uncached reads a file past the page cache, whatever it is asked for.
type uncached struct{ flash.File }

func (u uncached) ReadAt(p []byte, off int64) (int, error) {
	start := off &^ (flash.Page - 1)
	end := (off + int64(len(p)) + flash.Page - 1) &^ (flash.Page - 1)
	buf := flash.Aligned(int(end - start))
	n, err := u.File.ReadUncached(buf, start)
	if n = min(n-int(off-start), len(p)); n <= 0 {
		return 0, err
	}
	copy(p, buf[off-start:][:n])
	if n == len(p) {
		err = nil
	}
	return n, err
}

// worthAsking is the share of a slot's bytes, in percent, above which Compact leaves a segment alone.
const worthAsking = 75

// Compact moves mail together, whether slots are few or not, until every segment is three quarters full: each slot that it
// frees costs as many bytes as lived in it. progress, which may be nil, is called after each segment.
func (s *Spool) Compact(ctx context.Context, progress func(freeSlots int)) error {
	if s.opt.ReadOnly {
		return ErrReadOnly
	}
	s.mu.Lock()
	held, rounds := s.held(), 3*s.maxSlots() // each segment is moved and retired once, and so is where it went
	s.mu.Unlock()
	if held {
		return errors.New("spool: a copy of it is being made: try again when that is done")
	}
	for range rounds {
		if err := ctx.Err(); err != nil {
			return err
		}
		s.mu.Lock()
		sl := s.victim()
		s.mu.Unlock()
		if (sl == nil || sl.bytes > s.format.slotSize/100*worthAsking) && !s.retirable() {
			return nil
		}
		if !s.retirable() {
			s.hurry() // room was asked for
		}
		more, err := s.compactSome(s.commit)
		if err != nil || !more {
			return err
		}
		if progress != nil {
			progress(s.Stats().FreeSlots)
		}
	}
	return nil
}
