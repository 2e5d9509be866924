package slots

import (
	"errors"
	"fmt"
	"sync"

	"pillarbox/spool/flash"
)

// A Table is the slots of one spool. Its methods may be called from several goroutines.
type Table struct {
	opt    Options
	making sync.Mutex // held while slot files are made or removed

	mu    sync.Mutex
	state state
}

// lock takes the lock and returns what it guards; the caller unlocks mu.
func (t *Table) lock() *state {
	t.mu.Lock()
	return &t.state
}

// New returns a table of the slots that have a file: the segments found there, in any order.
func New(opt Options, found []Segment) *Table {
	t := &Table{opt: opt}
	s := &t.state
	s.opt = &t.opt
	for _, g := range found {
		for int(g.Slot) >= len(s.slots) {
			s.slots = append(s.slots, nil)
		}
		s.slots[g.Slot] = &slot{number: g.Slot, exists: true, Segment: g}
		s.lastSegment = max(s.lastSegment, g.Header.Segment)
	}
	return t
}

// Segments returns a copy of what is known of each slot that has one, by number.
func (t *Table) Segments() []Segment {
	s := t.lock()
	defer t.mu.Unlock()
	var list []Segment
	for _, sl := range s.slots {
		if sl != nil && sl.exists {
			list = append(list, sl.Segment)
		}
	}
	return list
}

// Load takes over what a start has found out of the segments that New got.
func (t *Table) Load(found []Segment) {
	s := t.lock()
	defer t.mu.Unlock()
	s.live = 0
	for _, g := range found {
		s.slots[g.Slot].Segment = g
		s.live += g.Bytes
	}
}

// Adopt takes over the counters of segments whose messages were read again while the spool is in
// use. A slot that has another segment meanwhile, which large mail on its way took, keeps its own.
func (t *Table) Adopt(again []Segment) {
	s := t.lock()
	defer t.mu.Unlock()
	for _, g := range again {
		sl := s.slots[g.Slot]
		if sl.Header.Segment != g.Header.Segment {
			continue
		}
		s.live += g.Bytes - sl.Bytes
		sl.Live, sl.Bytes, sl.Stored, sl.Stuck = g.Live, g.Bytes, g.Stored, g.Stuck
		s.retireEmptyBulk(sl)
	}
}

// Segment returns the number of the segment in a slot; 0 if there is none.
func (t *Table) Segment(n uint32) uint64 {
	s := t.lock()
	defer t.mu.Unlock()
	if sl := s.slot(n); sl != nil {
		return sl.Header.Segment
	}
	return 0
}

// Close closes every file. It waits for one that is being made. The volume stays open.
func (t *Table) Close() {
	t.making.Lock()
	defer t.making.Unlock()
	s := t.lock()
	s.closed = true
	var files []flash.File
	for _, sl := range s.slots {
		if sl != nil {
			files = append(files, s.detach(sl))
		}
	}
	t.mu.Unlock()
	for _, f := range files {
		closeFile(f)
	}
}

// Closed reports whether the table was closed.
func (t *Table) Closed() bool {
	s := t.lock()
	defer t.mu.Unlock()
	return s.closed
}

// Fault counts an error of the device, and returns it as an ErrFault.
func (t *Table) Fault(err error) error {
	s := t.lock()
	defer t.mu.Unlock()
	switch {
	case errors.Is(err, ErrFull):
		return err
	case s.closed:
		return ErrClosed
	}
	s.faults++
	s.lastFault = err
	return fmt.Errorf("%w: %w", ErrFault, err)
}

var (
	// ErrFull is returned when there is no slot, or no room on the file system, for new mail.
	ErrFull = errors.New("spool: full: delete mail or raise its capacity")
	// ErrFault is returned when the device refused a read, a write or a flush.
	ErrFault = errors.New("spool: the device failed")
	// ErrClosed is returned after Close.
	ErrClosed = errors.New("spool: closed")
	// ErrHeld is returned for what is done ahead of time, while a copy of the folder is made.
	ErrHeld = errors.New("spool: a copy of it is being made: try again when that is done")
	// ErrHurried is returned when a hold could not be kept. The copy may lack mail: make it again.
	ErrHurried = errors.New("spool: room was needed while the copy was made")
)
