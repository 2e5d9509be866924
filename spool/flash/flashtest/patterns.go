package flashtest

import (
	"iter"
	"math/rand/v2"
)

const (
	positions = 64 // of which families are made, drawn when there are more
	edge      = 8  // first and last positions that are always among them
	mixtures  = 32 // random outcomes
	versions  = 6  // earlier versions that have a letter
)

// A span is a run of doubts that are decided together.
type span struct{ from, to int }

// A pattern makes fates for all doubts, one after the other; each method returns false when the
// consumer has enough.
type pattern struct {
	doubts []doubt
	fates  []fate // lent to the consumer
	rng    *rand.Rand
	yield  func([]fate) bool
}

// patterns yields fates for doubts as Outcomes describes it. The slice is the same each time.
func patterns(doubts []doubt, rng *rand.Rand, limit int) iter.Seq[[]fate] {
	return func(yield func([]fate) bool) {
		p := &pattern{doubts: doubts, fates: make([]fate, len(doubts)), rng: rng, yield: yield}
		sectors, pages := p.sectors(), p.pages()
		enough := !p.uniform(dropped) || !p.uniform(kept)
		switch {
		case enough || len(doubts) == 0:
			return
		case len(sectors) <= limit:
			enough = !p.subsets(sectors)
		case len(pages) <= limit:
			enough = !p.subsets(pages)
		}
		_ = !enough && p.families(pages) && p.families(sectors) && p.damages(sectors) && p.damages(pages) &&
			p.earlier() && p.mixtures()
	}
}

func (p *pattern) sectors() []span {
	all := make([]span, len(p.doubts))
	for i := range all {
		all[i] = span{i, i + 1}
	}
	return all
}

func (p *pattern) pages() []span {
	var all []span
	for i, x := range p.doubts {
		if i > 0 && x.file == p.doubts[i-1].file && x.page == p.doubts[i-1].page {
			all[len(all)-1].to++
			continue
		}
		all = append(all, span{i, i + 1})
	}
	return all
}

func (p *pattern) fill(s span, f fate) {
	for i := s.from; i < s.to; i++ {
		p.fates[i] = f
	}
}

func (p *pattern) whole() span { return span{0, len(p.fates)} }

// uniform gives all the same fate.
func (p *pattern) uniform(f fate) bool {
	p.fill(p.whole(), f)
	return p.yield(p.fates)
}

// subsets keeps every subset of units.
func (p *pattern) subsets(units []span) bool {
	for mask := range uint64(1) << len(units) {
		p.fill(p.whole(), dropped)
		for i, u := range units {
			if mask>>i&1 == 1 {
				p.fill(u, kept)
			}
		}
		if !p.yield(p.fates) {
			return false
		}
	}
	return true
}

// families keeps prefixes, suffixes, each one alone, and all but one.
func (p *pattern) families(units []span) bool {
	for _, i := range p.draw(len(units)) {
		u := units[i]
		for _, fates := range [...]struct{ before, at, after fate }{
			{kept, kept, dropped},
			{dropped, kept, kept},
			{dropped, kept, dropped},
			{kept, dropped, kept},
		} {
			if !p.around(u, fates.before, fates.at, fates.after) {
				return false
			}
		}
	}
	return true
}

// damages tears and garbles one unit, with the others dropped, kept, or kept before it.
func (p *pattern) damages(units []span) bool {
	for _, i := range p.draw(len(units)) {
		for _, f := range [...]fate{torn, reverse, garbled} {
			if !p.around(units[i], dropped, f, dropped) || !p.around(units[i], kept, f, kept) ||
				!p.around(units[i], kept, f, dropped) {
				return false
			}
		}
	}
	return true
}

func (p *pattern) around(u span, before, at, after fate) bool {
	p.fill(span{0, u.from}, before)
	p.fill(u, at)
	p.fill(span{u.to, len(p.fates)}, after)
	return p.yield(p.fates)
}

// earlier keeps an earlier version of what was written several times.
func (p *pattern) earlier() bool {
	most := 0
	for _, x := range p.doubts {
		most = max(most, x.news)
	}
	for v := range min(most-1, versions) {
		for _, rest := range [...]fate{dropped, kept} {
			for i, x := range p.doubts {
				p.fates[i] = rest
				if v < x.news-1 {
					p.fates[i] = first + fate(v)
				}
			}
			if !p.yield(p.fates) {
				return false
			}
		}
	}
	return true
}

// mixtures are random: some are mostly kept, some mostly dropped, some mostly damaged.
func (p *pattern) mixtures() bool {
	for range mixtures {
		keep, damage := p.rng.Float64(), p.rng.Float64()/4
		for i, x := range p.doubts {
			p.fates[i] = dropped
			switch {
			case p.rng.Float64() < damage:
				p.fates[i] = [...]fate{torn, reverse, garbled}[p.rng.IntN(3)]
			case p.rng.Float64() < keep:
				p.fates[i] = kept
				if v := p.rng.IntN(min(x.news, versions)); v < x.news-1 {
					p.fates[i] = first + fate(v)
				}
			}
		}
		if !p.yield(p.fates) {
			return false
		}
	}
	return true
}

// draw returns positions out of n: all of them when they are few, else both edges and some.
func (p *pattern) draw(n int) []int {
	var drawn []int
	for i := range n {
		if n <= positions || i < edge || i >= n-edge || p.rng.IntN(n) < positions-2*edge {
			drawn = append(drawn, i)
		}
	}
	return drawn
}
