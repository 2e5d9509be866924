package spool

import (
	"slices"

	"pillarbox/spool/msgp"
)

// A census lists the segments with batches that count, when a hot segment begins. A slot whose header does not read may show the
// batches of a segment that was written over long ago; it is believed only when the newest census lists it, or is older.
// 14 B a slot, once in a segment.
type census struct {
	upTo  uint64 // later segments are not in it
	lives []retired
}

// denies says that a segment does not count.
func (c *census) denies(r retired) bool { return r.segment <= c.upTo && !slices.Contains(c.lives, r) }

func (c *census) append(b []byte) []byte {
	b = msgp.AppendArrayHeader(b, uint32(1+2*len(c.lives)))
	b = msgp.AppendUint64(b, c.upTo)
	for _, r := range c.lives {
		b = appendRetired(b, r)
	}
	return b
}

func (r *reader) census() census {
	n := r.array()
	if n%2 != 1 {
		r.err = errUnreadable
		return census{}
	}
	c := census{upTo: r.uint64(), lives: make([]retired, n/2)}
	for i := range c.lives {
		c.lives[i] = retired{r.uint32(), r.uint64()}
	}
	return c
}

// decodeCensus reads the meta of a census record.
func decodeCensus(meta []byte) (census, error) {
	r := reader{rest: meta}
	c := r.census()
	return c, r.end()
}

// takeCensus lists what counts before a segment. Spool.mu is held.
func (s *Spool) takeCensus(before uint64) census {
	c := census{upTo: before - 1}
	for _, sl := range s.slots {
		if sl != nil && sl.counts() && sl.header.class.isLog() {
			c.lives = append(c.lives, retired{sl.number, sl.header.segment})
		}
	}
	return c
}

// A count is a census on its way into the first batch of a hot segment.
type count struct{ census census }

func (f *count) weight() int64 { return 0 }

func (f *count) record(s *Spool) (logRecord, bool) {
	f.census = s.takeCensus(s.log.writing)
	return logRecord{kind: kindCensus, meta: f.census.append(nil)}, true
}

func (f *count) settle(_ *Spool, _ *slot, _ int64, foot *footer) { foot.census(f.census) }
