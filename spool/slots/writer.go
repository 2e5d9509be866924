package slots

import (
	"fmt"
	"time"

	"pillarbox/spool/flash"
	"pillarbox/spool/format"
)

// A Writer is what only the writer of the log may do with a table: package commit has one.
type Writer struct{ table *Table }

// Writer returns the writing side of the table.
func (t *Table) Writer() Writer { return Writer{t} }

// NewSegment returns the number of the next segment.
func (w Writer) NewSegment() uint64 {
	s := w.table.lock()
	defer w.table.mu.Unlock()
	s.lastSegment++
	return s.lastSegment
}

// CheckReserve returns ErrFull unless n slots stay free: new mail must not use up the reserve that
// deletes depend on, nor the rest of the segment that they are written to.
func (w Writer) CheckReserve(n int) error {
	if n < Reserved {
		return nil
	}
	room := w.table.space()
	s := w.table.lock()
	defer w.table.mu.Unlock()
	if s.available(room) < n || s.tight(room) {
		return ErrFull
	}
	return nil
}

// Begin gives a slot that Take returned its segment. The first batch of a log segment is durable
// then, so that no stale header can come back; in a bulk slot one can, because batches of it may
// lie where no extent is.
func (w Writer) Begin(h format.Header) {
	s := w.table.lock()
	defer w.table.mu.Unlock()
	sl := s.slots[h.Slot]
	sl.begin(h)
	if h.Class.IsLog() {
		sl.Stale = nil
	}
}

// GiveBack releases a slot that Take returned and in which no segment begins.
func (w Writer) GiveBack(n uint32) {
	s := w.table.lock()
	sl := s.slots[n]
	sl.taken = false
	idle := s.unpin(sl)
	w.table.mu.Unlock()
	closeFile(idle)
}

// Grew notes where a log segment ends after a batch, how many bytes of the batch are no messages,
// and how many bytes are left in the segment. Cleaning needs to know.
func (w Writer) Grew(n uint32, end uint32, loose, left int64) {
	s := w.table.lock()
	defer w.table.mu.Unlock()
	sl := s.slots[n]
	sl.End = end
	sl.Loose += loose
	s.active(sl, left)
}

// active notes the active segment of a log.
func (s *state) active(sl *slot, left int64) {
	if sl.Header.Class == format.ClassCold {
		s.coldLog = left
	} else {
		s.hot = sl
	}
}

// Resume pins the active segment of a log, which a start has found, and notes how many bytes are
// left in it.
func (w Writer) Resume(n uint32, left int64) (flash.File, error) {
	file, _, err := w.table.Pin(n)
	if err != nil {
		return nil, err
	}
	s := w.table.lock()
	defer w.table.mu.Unlock()
	s.active(s.slots[n], left)
	return file, nil
}

// Seal ends a segment and releases its slot. lost is how many bytes of a log segment were given up
// after a failed write or flush.
func (w Writer) Seal(n uint32, lost int64) {
	s := w.table.lock()
	sl := s.slots[n]
	sl.Loose += lost
	sl.Sealed = true
	switch {
	case sl == s.hot:
		s.hot = nil
	case sl.Header.Class == format.ClassCold:
		s.coldLog = 0
	}
	idle := s.unpin(sl)
	s.retireEmptyBulk(sl)
	w.table.mu.Unlock()
	closeFile(idle)
}

// Abandon gives back a slot whose new log segment was refused by the device with its first batch.
// The next batch of the hot log retires that segment.
func (w Writer) Abandon(n uint32, segment uint64) {
	s := w.table.lock()
	sl := s.slots[n]
	sl.Stale = append(sl.Stale, StaleHeader{Segment: segment})
	sl.freed = time.Now() // another one is tried before it
	sl.taken = false
	idle := s.unpin(sl)
	w.table.mu.Unlock()
	closeFile(idle)
}

// Count moves the counters of a slot: records that live, their bytes, and those of them that came.
// A sealed bulk slot of which nothing lives any more is freed.
func (w Writer) Count(n uint32, live int, bytes, stored int64) {
	s := w.table.lock()
	defer w.table.mu.Unlock()
	sl := s.slots[n]
	sl.Live += live
	sl.Bytes += bytes
	sl.Stored += stored
	s.live += bytes
	if live < 0 {
		s.retireEmptyBulk(sl)
	}
}

// Moved notes that mail was moved out of a slot just now.
func (w Writer) Moved(n uint32) {
	s := w.table.lock()
	defer w.table.mu.Unlock()
	s.slots[n].Moved = time.Now()
}

// SetStuck leaves a segment alone in which something alive does not verify.
func (w Writer) SetStuck(n uint32) {
	s := w.table.lock()
	defer w.table.mu.Unlock()
	s.slots[n].Stuck = true
}

// Manifest lists the log segments that count, before a new one begins.
func (w Writer) Manifest(before uint64) format.Manifest {
	s := w.table.lock()
	defer w.table.mu.Unlock()
	m := format.Manifest{UpTo: before - 1}
	for _, sl := range s.slots {
		if sl != nil && sl.Counts() && sl.Header.Class.IsLog() {
			m.Segments = append(m.Segments, format.SegmentRef{Slot: sl.number, Segment: sl.Header.Segment})
		}
	}
	return m
}

// ManifestBytes bounds how many bytes a manifest takes, in the log or in a footer.
func (w Writer) ManifestBytes() int64 {
	s := w.table.lock()
	defer w.table.mu.Unlock()
	return int64(28 * s.most())
}

// Retire retires a segment by a record in the segment home. It reports whether it counted until
// now: otherwise it was retired before, or never became a part of the log.
func (w Writer) Retire(r format.SegmentRef, home uint64) (counted bool) {
	s := w.table.lock()
	defer w.table.mu.Unlock()
	sl := s.slots[r.Slot]
	if sl.Header.Segment == r.Segment && !sl.Retired {
		counted = true
		sl.Retired = true
		sl.freed = time.Now()
		sl.Stale = append(sl.Stale, StaleHeader{Segment: r.Segment})
	}
	if h := sl.stale(r.Segment); h != nil {
		h.Home = home
	}
	return counted
}

// AddExtent counts a delivery that has an extent in a bulk slot and has not ended.
func (w Writer) AddExtent(n uint32) {
	s := w.table.lock()
	defer w.table.mu.Unlock()
	s.slots[n].writers++
}

// RemoveExtent is called when a delivery does not need a bulk slot for itself any longer. A slot
// that no record names then is freed.
func (w Writer) RemoveExtent(n uint32) {
	s := w.table.lock()
	defer w.table.mu.Unlock()
	sl := s.slots[n]
	sl.writers--
	s.retireEmptyBulk(sl)
}

// SetColdBulk notes how many bytes are left in the segment that large mail is moved to.
func (w Writer) SetColdBulk(left int64) {
	s := w.table.lock()
	defer w.table.mu.Unlock()
	s.coldBulk = left
}

// Poisoned returns an error if a flush of a bulk slot failed: what is not committed by then never
// may be.
func (w Writer) Poisoned(n uint32) error {
	s := w.table.lock()
	defer w.table.mu.Unlock()
	if s.slots[n].poisoned {
		return fmt.Errorf("slot %d is poisoned", n)
	}
	return nil
}

// Poison notes that a flush of a bulk slot failed.
func (w Writer) Poison(n uint32) {
	s := w.table.lock()
	defer w.table.mu.Unlock()
	s.slots[n].poisoned = true
}

// AppendSegments appends the number of the segment in each slot, 0 where there is none: by slot.
func (w Writer) AppendSegments(list []uint64) []uint64 {
	s := w.table.lock()
	defer w.table.mu.Unlock()
	for _, sl := range s.slots {
		if sl == nil {
			list = append(list, 0)
		} else {
			list = append(list, sl.Header.Segment)
		}
	}
	return list
}

// Tight returns ErrFull if large mail, which is written before it is committed, must leave the file
// system alone, and ErrClosed if the table was closed.
func (w Writer) Tight() error {
	room := w.table.space()
	s := w.table.lock()
	defer w.table.mu.Unlock()
	switch {
	case s.closed:
		return ErrClosed
	case s.tight(room):
		return ErrFull
	}
	return nil
}
