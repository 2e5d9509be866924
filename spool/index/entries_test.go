package index

import (
	"math/rand/v2"
	"slices"
	"testing"

	"pillarbox/spool/format"
)

// TestEntriesKeepTheirPlace: entries are found by their identity, also across opens and chunks, and
// a snapshot stays what it is while others are added.
func TestEntriesKeepTheirPlace(t *testing.T) {
	var e Entries
	var all []Entry
	seq := uint32(0)
	for epoch := range uint32(5) {
		for range 150 + 100*epoch {
			seq += 1 + seq%3
			r := Entry{id(1+epoch, seq), 10 * seq, seq, uint16(epoch), uint16(seq)}
			e.add(r)
			all = append(all, r)
		}
		seq /= 2 // each open numbers for itself
	}
	snapshot := e
	e.add(Entry{Identity: id(9, 1)})
	if snapshot.N != len(all) || e.N != len(all)+1 || e.Room() < e.N || !e.Sorted() {
		t.Errorf("%d and %d entries, want %d and one more", snapshot.N, e.N, len(all))
	}
	for i, want := range all {
		if got := snapshot.At(i); got != want || snapshot.Identity(i) != want.Identity {
			t.Fatalf("entry %d is %+v, want %+v", i, got, want)
		}
		if at, ok := e.find(want.Identity); at != i || !ok {
			t.Fatalf("entry %d is found at %d, %v", i, at, ok)
		}
	}
	for _, other := range []format.Identity{id(0, 1), id(1, 0), id(2, 1<<31), id(10, 0)} {
		if at, ok := e.find(other); ok {
			t.Errorf("%+v is found at %d", other, at)
		}
	}
	if _, ok := e.FindFirst(10, all[20].Identity); ok {
		t.Error("an entry behind the first ten is found among them")
	}
	e.Move(7, Location{5, 99})
	if got := snapshot.At(7); got.Location() != (Location{5, 99}) {
		t.Errorf("a snapshot does not follow a move: %+v", got)
	}
	e.Replace(7, all[7])
	if e.At(7) != all[7] {
		t.Error("it was not replaced")
	}
}

// TestRunsBegin: numbers and days that are far apart are kept, in order or not, and take no more
// runs than needed.
func TestRunsBegin(t *testing.T) {
	for _, c := range []struct {
		name string
		all  []Entry
		runs int
	}{
		{"one open", []Entry{{Identity: id(1, 0)}, {Identity: id(1, 65_535)}}, 1},
		{"upper bits", []Entry{{Identity: id(1, 65_535)}, {Identity: id(1, 65_536)}, {Identity: id(1, 1<<32-1)}}, 3},
		{"opens", []Entry{{Identity: id(1, 7)}, {Identity: id(2, 7)}}, 2},
		{"days", []Entry{{Day: 20_000}, {Day: 20_255}, {Day: 19_744}, {Day: 20_256}, {Day: 0}, {Day: 65_535}}, 4},
		{"the last day", []Entry{{Day: 65_535}, {Day: 65_535 - 256}}, 1},
		{"the largest", []Entry{{id(1<<32-1, 1<<32-1), 1<<32 - 1, 1<<placeBits - 1, 1<<16 - 1, 1<<16 - 1}}, 1},
	} {
		var e Entries
		for _, one := range c.all {
			e.add(one)
		}
		if len(e.runs) != c.runs {
			t.Errorf("%s: %d runs, want %d", c.name, len(e.runs), c.runs)
		}
		for i, want := range c.all {
			if got := e.At(i); got != want || e.Day(i) != want.Day || e.Octets(i) != want.Octets {
				t.Errorf("%s: entry %d is %+v, want %+v", c.name, i, got, want)
			}
			e.Move(i, Location{1<<16 - 1, 1<<placeBits - 1})
			if got := e.At(i); got.Day != want.Day || got.Location() != (Location{1<<16 - 1, 1<<placeBits - 1}) {
				t.Errorf("%s: entry %d was moved to %+v", c.name, i, got)
			}
		}
	}
}

// TestEntriesAreSorted: entries of several opens and chunks are put in order in place, and what
// is packed away is gone.
func TestEntriesAreSorted(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 4))
	for _, n := range []int{0, 1, 5, EntriesPerChunk, 3*EntriesPerChunk + 7} {
		var want []Entry
		for i := range n {
			want = append(want, Entry{Identity: id(1+uint32(i)/100, uint32(i)), Octets: uint32(i)})
		}
		var e Entries
		for _, i := range rng.Perm(n) {
			e.add(want[i])
		}
		u := e.Sort(func(a, b Entry) bool { return a.Compare(b.Identity) < 0 })
		for i := range want {
			if u.At(i) != want[i] {
				t.Fatalf("%d entries: number %d is %+v", n, i, u.At(i))
			}
		}
		kept := n / 2
		for i := range kept {
			u.Set(i, want[2*i])
		}
		u.Pack(kept)
		if e.N != kept || !e.Sorted() {
			t.Errorf("%d entries: %d are packed", n, e.N)
		}
		for i := range kept {
			if e.At(i) != want[2*i] {
				t.Fatalf("%d entries: packed number %d is %+v", n, i, e.At(i))
			}
		}
		if e.Room() >= kept+EntriesPerChunk && kept > 0 {
			t.Errorf("%d entries have room for %d", kept, e.Room())
		}
	}
}

// TestSortedNoticesDuplicates: two entries of one identity are not in order.
func TestSortedNoticesDuplicates(t *testing.T) {
	for name, c := range map[string]struct {
		ids  []format.Identity
		want bool
	}{
		"none":            {nil, true},
		"ascending":       {[]format.Identity{id(1, 1), id(1, 2), id(2, 0)}, true},
		"twice":           {[]format.Identity{id(1, 1), id(1, 1)}, false},
		"descending":      {[]format.Identity{id(1, 2), id(1, 1)}, false},
		"opens descend":   {[]format.Identity{id(2, 1), id(1, 9)}, false},
		"an open returns": {[]format.Identity{id(1, 1), id(2, 1), id(1, 2)}, false},
	} {
		var e Entries
		for _, i := range c.ids {
			e.add(Entry{Identity: i})
		}
		if e.Sorted() != c.want {
			t.Errorf("%s: sorted %v", name, !c.want)
		}
	}
}

// TestMoveRecord: a record that moves takes its count with it, and its old extents are counted off.
func TestMoveRecord(t *testing.T) {
	d := newData(Options{})
	m := arrival(0, 800, 1)
	m.Extents = []format.Extent{{Slot: 5, Segment: 9, Page: 1, Length: 5000}}
	d.Insert(3, m)
	counts(d)
	from, to := Location{3, 100}, Location{4, 200}
	rec, old := d.MoveRecord(from, to, []format.Extent{{Slot: 7, Segment: 11, Page: 1, Length: 5000}})
	if rec == nil || len(old) != 1 || old[0].Slot != 5 || d.Records[to] != rec || d.Records[from] != nil {
		t.Errorf("%+v, %+v", rec, old)
	}
	if got, want := counts(d), "5: -1 records -8192 bytes, 7: +1 records +8192 bytes"; got != want {
		t.Errorf("%s, want %s", got, want)
	}
	if rec, old := d.MoveRecord(from, to, nil); rec != nil || old != nil {
		t.Error("a record that is none was moved")
	}
}

// TestCopies: the segments that hold a copy of a message are found, whatever order they were added
// in, until they are retired.
func TestCopies(t *testing.T) {
	c := make(Copies)
	rng := rand.New(rand.NewPCG(5, 6))
	for _, i := range rng.Perm(200) {
		c.Add(id(1, uint32(i)), 3)
		if i%2 == 0 {
			c.Add(id(1, uint32(i)), 2)
		}
	}
	for i := range uint32(201) {
		want := []uint64{2, 3}
		switch {
		case i == 200:
			want = nil
		case i%2 == 1:
			want = []uint64{3}
		}
		if got := c.Of(id(1, i)); !slices.Equal(got, want) {
			t.Fatalf("copies of %d are in %v, want %v", i, got, want)
		}
	}
	if n := c.Bytes(); n < 300*8 || n > 300*8*3 {
		t.Errorf("300 copies take %d bytes", n)
	}
	c.Retire(3)
	if got := c.Of(id(1, 4)); !slices.Equal(got, []uint64{2}) {
		t.Errorf("copies in %v after 3 was retired", got)
	}
}
