package spool

import (
	"errors"
	"fmt"
	"io"
	"sync/atomic"

	"pillarbox/spool/flash"
)

// A pulse tells writers that get on from writers that hang, without a lock that one of them might hold.
type pulse struct {
	busy  atomic.Int64  // commits and extents that somebody waits for
	steps atomic.Uint64 // that were made: ended waits, begun batches
}

func (p *pulse) begin() { p.busy.Add(1) }

func (p *pulse) end() {
	p.steps.Add(1)
	p.busy.Add(-1)
}

func (p *pulse) step() { p.steps.Add(1) }

// Pulse says whether somebody waits for the device to take a write, and how many steps such waits have made since the start. When
// somebody waits and no step is made, the device hangs, or what writes to it. It takes no lock and never waits.
func (s *Spool) Pulse() (busy bool, steps uint64) {
	return s.pulse.busy.Load() > 0, s.pulse.steps.Load()
}

// proofSlots is how many slots ReadProof tries: a bad page in one is damage, and damage is no reason to start again.
const proofSlots = 3

// ReadProof reads one page of mail past the page cache, of another slot each time, and returns nil when the device gave one. Of an
// empty spool there is nothing to read. It may hang as long as the device does.
func (s *Spool) ReadProof() error {
	page := flash.Aligned(flash.Page)
	var failed error
	for range proofSlots {
		s.mu.Lock()
		sl, at := s.nextProof()
		if sl == nil {
			s.mu.Unlock()
			break
		}
		file, err := s.pin(sl)
		s.mu.Unlock()
		if err == nil {
			_, err = file.ReadUncached(page, at)
			s.mu.Lock()
			s.unpin(sl)
			s.mu.Unlock()
		}
		if err == nil || errors.Is(err, io.EOF) {
			return nil
		}
		failed = fmt.Errorf("read slot %d: %w", sl.number, err)
	}
	return failed
}

// nextProof returns a page of the next slot that counts; nil: there is none. Spool.mu is held.
func (s *Spool) nextProof() (sl *slot, at int64) {
	for range len(s.slots) {
		s.proven++
		if sl := s.slots[s.proven%len(s.slots)]; sl != nil && sl.exists && sl.counts() {
			pages := max(1, int64(sl.end))
			if s.vol.Mode() == flash.Recycle { // the whole file is there
				pages = int64(s.format.pages())
			}
			return sl, int64(s.proven/len(s.slots)) % pages * flash.Page
		}
	}
	return nil, 0
}
