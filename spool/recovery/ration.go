package recovery

import (
	"cmp"
	"context"
	"maps"
	"math"
	"slices"

	"pillarbox/spool/format"
	"pillarbox/spool/index"
)

// A start that has not the memory for all entries makes those of the first messages of each
// mailbox. The functions of this file decide how many: mailboxes that are smaller than their share
// are whole, and the others share what is left equally.
//
// The last messages are hidden, and not the first, because a client must not miss a message that it
// has seen before: it would forget its unique-id, and fetch it again later. A hidden message
// appears as if it came later than it did.

// bucketBits: the numbers of an open are counted in buckets of 4096.
const bucketBits = 12

// A bucket is some messages of an open.
type bucket struct {
	epoch uint32
	seqs  uint32 // their numbers without the last bucketBits
}

// last returns the greatest identity in a bucket.
func (b bucket) last() format.Identity {
	return format.Identity{Epoch: b.epoch, Seq: b.seqs<<bucketBits | (1<<bucketBits - 1)}
}

// A counter counts the messages that live, by mailbox and bucket. It takes a bit for each number in
// a bucket, which is much less than the entries for which there is no memory.
type counter struct {
	format.Discard
	l       *loader
	buckets map[format.Key]map[bucket]int
	seen    map[format.Key]map[bucket]index.Bitmap // one that was moved counts once
}

func (c *counter) Message(m format.Summary) {
	if !c.l.data.Known(m.First.Epoch, m.Tag) {
		return
	}
	for i, r := range m.Recipients {
		id := m.Of(i)
		if r.Key == 0 || c.l.tallies[r.Key] == nil || c.l.expunged.has(r.Key, id) {
			continue
		}
		if c.buckets[r.Key] == nil {
			c.buckets[r.Key], c.seen[r.Key] = make(map[bucket]int), make(map[bucket]index.Bitmap)
		}
		in, at := bucket{id.Epoch, id.Seq >> bucketBits}, int(id.Seq&(1<<bucketBits-1))
		seen := c.seen[r.Key][in]
		if seen.Has(at) {
			continue
		}
		seen.Set(at)
		c.seen[r.Key][in] = seen
		c.buckets[r.Key][in]++
	}
}

// ration sets the last message of each mailbox that is not hidden.
func (l *loader) ration(ctx context.Context) error {
	for _, t := range l.tallies {
		t.last = format.Identity{Epoch: math.MaxUint32, Seq: math.MaxUint32}
	}
	// The first pass has counted expunged messages and second copies as well. Mostly even so many
	// fit, and the exact count, which reads every footer again, is not needed.
	most := l.opt.Index.LoadBytes
	if most == 0 || l.expected() <= most {
		return nil
	}
	c := &counter{l: l, buckets: make(map[format.Key]map[bucket]int), seen: make(map[format.Key]map[bucket]index.Bitmap)}
	for _, g := range l.logs {
		if !g.Counts() {
			continue
		}
		if err := ctx.Err(); err != nil {
			return err
		}
		l.opt.Step()
		if err := l.visit(g, c); err != nil {
			return err
		}
	}
	// What each mailbox would take if nothing of it were hidden.
	type need struct {
		key   format.Key
		bytes int64
	}
	var needs []need
	for key, buckets := range c.buckets {
		n := 0
		for _, some := range buckets {
			n += some
		}
		needs = append(needs, need{key, int64(n) * l.tallies[key].each()})
	}
	// From the smallest to the largest: what a small mailbox leaves of its share goes to the
	// others.
	format.Sort(needs, func(a, b need) int { return cmp.Compare(a.bytes, b.bytes) })
	for i, n := range needs {
		// What is left is shared equally by those that are left, so that the sum never exceeds the
		// bound.
		share := most / int64(len(needs)-i)
		if n.bytes > share {
			t := l.tallies[n.key]
			// Hidden is what comes after an identity, and not a list, so that each pass decides the
			// same for a message, wherever its copies lie.
			t.last = lastWithin(c.buckets[n.key], share/t.each())
			if shown := l.shown[n.key]; t.last.Compare(shown) < 0 {
				t.last = shown // a message that a session lists, and may delete, is not hidden
			}
			n.bytes = share
		}
		most -= n.bytes
	}
	return nil
}

// lastWithin returns the last identity of as many buckets as hold at most n messages, but at
// least of the first one.
func lastWithin(buckets map[bucket]int, n int64) format.Identity {
	// Whole buckets, because counting each number would take as much memory as the entries. At
	// least the first one: a mailbox that shows nothing would look empty.
	order := slices.Collect(maps.Keys(buckets))
	format.Sort(order, func(a, b bucket) int { return a.last().Compare(b.last()) })
	last := order[0].last()
	for _, b := range order {
		if n -= int64(buckets[b]); n < 0 {
			break
		}
		last = b.last()
	}
	return last
}

// expected returns the memory of the entries that the first pass counted.
func (l *loader) expected() int64 {
	n := int64(0)
	for _, t := range l.tallies {
		n += int64(t.entries) * t.each()
	}
	return n
}

// each returns the memory of an entry with its imported unique-id, in the mean and at most.
func (t *tally) each() int64 {
	return index.EntryBytes + (t.uids.Bytes+index.RunBytes*int64(t.runs-1))/int64(t.entries)
}
