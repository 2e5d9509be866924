package commit

import "sync/atomic"

// A progress distinguishes writers that get on from writers that hang, without a lock that one of
// them might hold.
type progress struct {
	busy  atomic.Int64  // commits and extents that are waited for
	steps atomic.Uint64 // that were made: ended waits, begun batches
}

func (p *progress) begin() { p.busy.Add(1) }

func (p *progress) end() {
	p.steps.Add(1)
	p.busy.Add(-1)
}

func (p *progress) step() { p.steps.Add(1) }
