package spool

import "time"

// nothing is a fact that only makes the leader write what is due anyway.
type nothing struct{}

func (nothing) weight() int64                        { return 0 }
func (nothing) record(*Spool) (logRecord, bool)      { return logRecord{}, false }
func (nothing) settle(*Spool, *slot, int64, *footer) {}

// An obituary retires segments: those in which nothing lives, and those that never counted. It rides in
// the next batch, whatever that is for.
type obituary struct {
	dead   []*slot // whose segments are retired
	ghosts []*slot // whose ghosts need a record, again or for the first time
	list   []retired
}

func (f *obituary) weight() int64 { return 16 * int64(len(f.list)) }

func (f *obituary) record(*Spool) (logRecord, bool) {
	return logRecord{kind: kindRetire, meta: encodeRetired(f.list)}, len(f.list) > 0
}

func (f *obituary) settle(s *Spool, home *slot, _ int64, foot *footer) {
	for _, r := range f.list {
		foot.retired(r)
	}
	for _, sl := range f.dead {
		sl.retired = true
		sl.freed = time.Now()
		sl.ghosts = append(sl.ghosts, ghost{segment: sl.header.segment})
		delete(s.needed, sl.header.segment)
	}
	for _, sl := range append(f.ghosts, f.dead...) {
		for i := range sl.ghosts {
			if f.names(sl.ghosts[i].segment) {
				sl.ghosts[i].home = home.header.segment
			}
		}
	}
}

func (f *obituary) names(segment uint64) bool {
	for _, r := range f.list {
		if r.segment == segment {
			return true
		}
	}
	return false
}

// A carry repeats tombstones out of segments that are to be retired, because the segments that they point to are still there.
type carry struct{ graves []grave }

func (f *carry) weight() int64 { return 64 * int64(len(f.graves)) }

func (f *carry) record(*Spool) (logRecord, bool) {
	return logRecord{kind: kindTombs, meta: encodeTombs(f.graves)}, len(f.graves) > 0
}

func (f *carry) settle(s *Spool, sl *slot, _ int64, foot *footer) {
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
	dead, ghosts := s.dead()
	return len(dead)+len(ghosts) > 0
}

// dead returns slots whose log segment holds nothing alive, and those with ghosts that no record lays. Spool.mu is held.
func (s *Spool) dead() (dead, ghosts []*slot) {
	for _, sl := range s.slots {
		if sl == nil {
			continue
		}
		if sl.counts() && sl.header.class == classLog && sl.sealed && sl.live == 0 && len(dead) < maxObituaries {
			dead = append(dead, sl)
		}
		for _, g := range sl.ghosts {
			if g.home == 0 {
				ghosts = append(ghosts, sl)
				break
			}
		}
	}
	return dead, ghosts
}

// obituaries returns the facts that retire what is dead: which segments, and what must be carried out of them.
// It is called by the leader.
func (s *Spool) obituaries() []fact {
	s.mu.Lock()
	dead, ghosts := s.dead()
	s.mu.Unlock()
	if len(dead)+len(ghosts) == 0 {
		return nil
	}
	f, c := &obituary{ghosts: ghosts}, &carry{}
	for _, sl := range dead {
		graves, err := s.neededGraves(sl)
		if err != nil {
			continue // it cannot be read now: it is retired another time
		}
		c.graves = append(c.graves, graves...)
		f.dead = append(f.dead, sl)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	retiring := make(map[uint64]bool)
	for _, sl := range f.dead {
		retiring[sl.header.segment] = true
		f.list = append(f.list, retired{sl.number, sl.header.segment})
	}
	for _, sl := range s.slots {
		if sl == nil {
			continue
		}
		for _, g := range sl.ghosts {
			if g.home == 0 || retiring[g.home] {
				f.list = append(f.list, retired{sl.number, g.segment})
				f.ghosts = append(f.ghosts, sl)
			}
		}
	}
	return []fact{c, f}
}

// neededGraves returns the tombstones in a segment that point to segments which are still there.
func (s *Spool) neededGraves(sl *slot) ([]grave, error) {
	s.mu.Lock()
	targets := s.needed[sl.header.segment]
	alive := make(map[uint64]bool)
	for _, other := range s.slots {
		if other != nil && other.counts() {
			if _, ok := targets[other.header.segment]; ok {
				alive[other.header.segment] = true
			}
		}
	}
	s.mu.Unlock()
	if len(alive) == 0 {
		return nil, nil
	}
	keep := graveKeeper{alive: alive}
	err := s.visitSegment(sl, &keep)
	return keep.graves, err
}

// A graveKeeper keeps the graves that point to certain segments.
type graveKeeper struct {
	alive  map[uint64]bool
	graves []grave
}

func (k *graveKeeper) message(summary) {}
func (k *graveKeeper) retired(retired) {}
func (k *graveKeeper) grave(g grave) {
	if k.alive[g.segment] {
		k.graves = append(k.graves, g)
	}
}
