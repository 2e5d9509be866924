package spool

import (
	"cmp"
	"slices"
	"time"
)

// nothing is a fact that only makes the leader write what is due anyway.
type nothing struct{}

func (nothing) weight() int64                        { return 0 }
func (nothing) record(*Spool) (logRecord, bool)      { return logRecord{}, false }
func (nothing) settle(*Spool, *slot, int64, *footer) {}

// An obituary retires segments: those in which nothing lives, and those that never counted. It rides in
// the next batch, whatever that is for.
type obituary struct {
	wanted []retired
	list   []retired // those of them that still have to be told
}

func (f *obituary) weight() int64 { return 16 * int64(len(f.wanted)) }

// record leaves out what was retired, or written over, since it was wanted.
func (f *obituary) record(s *Spool) (logRecord, bool) {
	f.list = f.list[:0]
	for _, r := range f.wanted {
		sl := s.slots[r.slot]
		if sl.dead() && s.ripe(sl) && sl.header.segment == r.segment || sl.ghost(r.segment) != nil {
			f.list = append(f.list, r)
		}
	}
	return logRecord{kind: kindRetire, meta: encodeRetired(f.list)}, len(f.list) > 0
}

func (f *obituary) settle(s *Spool, home *slot, _ int64, foot *footer) {
	s.laid += len(f.list)
	for _, r := range f.list {
		foot.retired(r)
		sl := s.slots[r.slot]
		if sl.header.segment == r.segment && !sl.retired {
			sl.retired = true
			sl.freed = time.Now()
			sl.ghosts = append(sl.ghosts, ghost{segment: r.segment})
			s.forgetSegment(r.segment)
		}
		if g := sl.ghost(r.segment); g != nil {
			g.home = home.header.segment
		}
	}
}

// A carry repeats tombstones out of segments that are to be retired, because the segments that they point to are still there.
type carry struct{ graves []grave }

func (f *carry) weight() int64 { return 64 * int64(len(f.graves)) }

func (f *carry) record(*Spool) (logRecord, bool) {
	return logRecord{kind: kindTombs, meta: encodeTombs(f.graves)}, len(f.graves) > 0
}

func (f *carry) settle(s *Spool, sl *slot, _ int64, foot *footer) {
	s.inherited = nil
	for _, g := range f.graves {
		foot.grave(g)
		s.need(sl.header.segment, g.segment)
	}
}

// maxObituaries is how many segments a batch retires, so that reading their tombstones does not hold up the mail in it.
const maxObituaries = 4

// retirable says whether a segment could be retired.
func (s *Spool) retirable() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.dead()) > 0 || slices.ContainsFunc(s.slots, func(sl *slot) bool { return sl != nil && sl.ghost(0) != nil })
}

// emptied counts the slots in which nothing lives. Spool.mu is held.
func (s *Spool) emptied() int {
	n := 0
	for _, sl := range s.slots {
		if sl != nil && sl.empty() {
			n++
		}
	}
	return n
}

// dead returns the slots whose log segment can be retired, the oldest first. Spool.mu is held.
func (s *Spool) dead() []*slot {
	var dead []*slot
	for _, sl := range s.slots {
		if sl != nil && sl.dead() && s.ripe(sl) {
			dead = append(dead, sl)
		}
	}
	arrange(dead, func(a, b *slot) int { return cmp.Compare(a.header.segment, b.header.segment) })
	return dead
}

// obituaries returns the facts that retire what is dead: which segments, and what must be carried out of them.
// It is called by the leader.
func (s *Spool) obituaries() []fact {
	s.ripen()
	s.mu.Lock()
	dead := s.dead()
	f, c, l := &obituary{}, &carry{graves: s.inherited}, &labelling{repeat: true}
	s.mu.Unlock()
	retiring := make(map[uint64]bool)
	for _, sl := range dead {
		if len(retiring) == maxObituaries {
			break
		}
		graves, err := s.neededGraves(sl)
		if err != nil {
			continue // it cannot be read now: it is retired another time
		}
		labels, err := s.neededLabels(sl)
		if err != nil {
			continue
		}
		c.graves = append(c.graves, graves...)
		l.wanted = append(l.wanted, labels...)
		retiring[sl.header.segment] = true
		f.wanted = append(f.wanted, retired{sl.number, sl.header.segment})
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, sl := range s.slots {
		if sl == nil {
			continue
		}
		for _, g := range sl.ghosts {
			if g.home == 0 || retiring[g.home] {
				f.wanted = append(f.wanted, retired{sl.number, g.segment})
			}
		}
	}
	if len(f.wanted) == 0 && len(c.graves) == 0 {
		return nil
	}
	c.graves, l.wanted = mergeGraves(c.graves), mergeLabels(l.wanted)
	return []fact{c, l, f}
}

// neededGraves returns the tombstones in a segment that point to segments which are still there.
func (s *Spool) neededGraves(sl *slot) ([]grave, error) {
	s.mu.Lock()
	targets := s.needed[sl.header.segment]
	keep := graveKeeper{alive: make(map[uint64]bool)}
	for _, other := range s.slots {
		if other != nil && other.counts() {
			if _, ok := targets[other.header.segment]; ok {
				keep.alive[other.header.segment] = true
			}
		}
	}
	s.mu.Unlock()
	if len(keep.alive) == 0 {
		return nil, nil
	}
	err := s.visitSegment(sl, &keep)
	return keep.graves, err
}

// A graveKeeper keeps the graves that point to certain segments.
type graveKeeper struct {
	discard
	alive  map[uint64]bool
	graves []grave
}

func (k *graveKeeper) grave(g grave) {
	if k.alive[g.segment] {
		k.graves = append(k.graves, g)
	}
}
