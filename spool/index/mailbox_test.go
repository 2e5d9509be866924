package index

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"pillarbox/spool/format"
)

const today = 20_000

func newData(opt Options) *Data {
	opt.Today = func() uint16 { return today }
	return NewData(opt)
}

func id(epoch, seq uint32) format.Identity { return format.Identity{Epoch: epoch, Seq: seq} }

// arrival is a message of 100 octets that came today, for some mailboxes, at an offset of slot 3.
func arrival(seq uint32, off int64, keys ...format.Key) format.Summary {
	m := format.Summary{Offset: off, Tag: 7, First: id(1, seq), Octets: 100, Day: today}
	for _, key := range keys {
		m.Recipients = append(m.Recipients, format.Recipient{Key: key, Head: 10})
	}
	return m
}

// counts sums up the counters of slots that have moved, as text, and forgets them.
func counts(d *Data) string {
	sum := make(map[uint32]Count)
	for _, c := range d.Counts {
		s := sum[c.Slot]
		sum[c.Slot] = Count{c.Slot, s.Live + c.Live, s.Bytes + c.Bytes, s.Stored + c.Stored}
	}
	d.Counts = nil
	var list []string
	for slot, c := range sum {
		if c.Live != 0 || c.Bytes != 0 {
			list = append(list, fmt.Sprintf("%d: %+d records %+d bytes", slot, c.Live, c.Bytes))
		}
	}
	slices.Sort(list)
	return strings.Join(list, ", ")
}

// TestEntriesAreSorted: whatever order a start finds them in, they are in order afterwards, and
// what TestInsertAndExpunge: the counters of a slot move up and down by the same amounts, for a
// message of one recipient, of several, and in extents.
func TestInsertAndExpunge(t *testing.T) {
	extents := []format.Extent{{Slot: 5, Segment: 9, Page: 1, Length: 5000}, {Slot: 6, Segment: 10, Page: 2, Length: 1}}
	large := arrival(0, 800, 1, 2)
	large.Extents = extents
	gap := arrival(0, 800, 1, 2)
	gap.Recipients[0].Key = 0
	for _, c := range []struct {
		name string
		m    format.Summary
		want string
	}{
		{"one recipient", arrival(0, 800, 1), "3: +1 records +270 bytes"},
		{"two recipients", arrival(0, 800, 1, 2), "3: +1 records +260 bytes"},
		{"a gap", gap, "3: +1 records +270 bytes"},
		{"no recipient is left", arrival(0, 800), ""},
		{"extents", large, "3: +1 records +160 bytes, 5: +1 records +8192 bytes, 6: +1 records +4096 bytes"},
	} {
		d := newData(Options{})
		d.Tags[1] = 7
		d.Insert(3, c.m)
		if got := counts(d); got != c.want {
			t.Errorf("%s: %s, want %s", c.name, got, c.want)
		}
		for n, r := range c.m.Recipients {
			if r.Key == 0 {
				continue
			}
			if !d.Lives(r.Key, id(1, uint32(n))) || !d.Mailboxes[r.Key].Verified.Has(0) {
				t.Errorf("%s: mailbox %d does not have it, verified", c.name, r.Key)
			}
			if !d.Apply(format.TombstoneSet{Key: r.Key, Segment: 4, Epoch: 1, Tag: 7, Seqs: []uint32{uint32(n)}}, 8) {
				t.Errorf("%s: mailbox %d: nothing lived", c.name, r.Key)
			}
		}
		if got, want := counts(d), strings.NewReplacer("+", "-").Replace(c.want); got != want {
			t.Errorf("%s, expunged: %s, want %s", c.name, got, want)
		}
		if len(d.Records) != 0 {
			t.Errorf("%s: %d records are left", c.name, len(d.Records))
		}
	}
}

// TestApply: tombstones remove what they name, of an open with the same tag, once.
func TestApply(t *testing.T) {
	d := newData(Options{})
	d.Tags[1] = 7
	for seq := range uint32(4) {
		d.Insert(3, arrival(seq, int64(800*(seq+1)), 1))
	}
	set := func(key format.Key, tag uint64, seqs ...uint32) format.TombstoneSet {
		return format.TombstoneSet{Key: key, Segment: 4, Epoch: 1, Tag: tag, Seqs: seqs}
	}
	for _, c := range []struct {
		name string
		g    format.TombstoneSet
		live int
		want bool
	}{
		{"another open", set(1, 8, 0), 4, false},
		{"another mailbox", set(2, 7, 0), 4, false},
		{"two of them", set(1, 7, 0, 2), 2, true},
		{"the same again", set(1, 7, 0, 2), 2, false},
		{"one of two", set(1, 7, 2, 3), 1, true},
		{"one that never came", set(1, 7, 99), 1, false},
	} {
		if got := d.Apply(c.g, 8); got != c.want || d.Mailboxes[1].Live != c.live {
			t.Errorf("%s: %v, %d live, want %v, %d", c.name, got, d.Mailboxes[1].Live, c.want, c.live)
		}
	}
	if _, needed := d.Needed[8][4]; !needed || len(d.Needed) != 1 {
		t.Errorf("needed are %v, want 4 by 8", d.Needed)
	}
	d.Need(4, 4)
	d.Need(0, 4)
	if len(d.Needed) != 1 {
		t.Errorf("a segment needs itself, or none does: %v", d.Needed)
	}
	d.Retire(8)
	if len(d.Needed) != 0 {
		t.Errorf("a retired segment needs %v", d.Needed)
	}
}

// TestLabels: a label of a message keeps the earlier day, those that live have it, and a snapshot
// does not change.
func TestLabels(t *testing.T) {
	d := newData(Options{})
	d.Tags[1] = 7
	for seq := range uint32(6) {
		d.Insert(3, arrival(seq, int64(800*(seq+1)), 1))
	}
	set := func(day uint16, seqs ...uint32) format.LabelSet {
		return format.LabelSet{Label: "l", Key: 1, Day: day, Epoch: 1, Tag: 7, Seqs: seqs}
	}
	d.Label(set(9, 0, 2), 4)
	before := d.Mailboxes[1].Labels["l"]
	d.Label(set(7, 5, 2, 1), 4)
	d.Label(set(11, 1), 4)
	d.Label(set(9, 99), 5)
	d.Label(format.LabelSet{Label: "l", Key: 8, Epoch: 1, Tag: 7, Seqs: []uint32{0}}, 6)
	d.Label(format.LabelSet{Label: "l", Key: 1, Epoch: 1, Tag: 8, Seqs: []uint32{0}}, 6)
	var got []string
	for _, m := range d.Mailboxes[1].Labels["l"] {
		got = append(got, fmt.Sprint(m.Seq, "/", m.Day))
	}
	if want := "[0/9 1/7 2/7 5/7]"; fmt.Sprint(got) != want {
		t.Errorf("labels %v, want %s", got, want)
	}
	if len(before) != 2 || before[1].Day != 9 {
		t.Errorf("a snapshot has changed: %+v", before)
	}
	if _, home := d.LabelHomes[5]; home || len(d.LabelHomes) != 1 {
		t.Errorf("labels are in %v, want segment 4 alone", d.LabelHomes)
	}
	if i, ok := d.Mailboxes[1].Labels["l"].Find(id(1, 5)); i != 3 || !ok {
		t.Errorf("message 5 is at %d, %v", i, ok)
	}
}

// TestSweepKeepsLabels: labels of swept messages go with them, and a label that none has is gone.
func TestSweepKeepsLabels(t *testing.T) {
	d := newData(Options{})
	d.Tags[1] = 7
	for seq := range uint32(2 * SweepRows) {
		d.Insert(3, arrival(seq, int64(8*(seq+1)), 1))
	}
	d.Label(format.LabelSet{Label: "gone", Key: 1, Epoch: 1, Tag: 7, Seqs: []uint32{0, 1}}, 4)
	d.Label(format.LabelSet{Label: "kept", Key: 1, Epoch: 1, Tag: 7, Seqs: []uint32{1, 2*SweepRows - 1}}, 4)
	box := d.Mailboxes[1]
	for i := range SweepRows {
		d.Expunge(box, i)
	}
	if box.Sweep(false); box.Entries.N != SweepRows {
		t.Fatalf("%d entries are left: the test shows nothing", box.Entries.N)
	}
	if len(box.Labels) != 1 || len(box.Labels["kept"]) != 1 || box.Labels["kept"][0].Seq != 2*SweepRows-1 {
		t.Errorf("labels %+v", box.Labels)
	}
}

// TestSweepWaits: entries of expunged messages are removed when they are the majority, an eighth
// when memory is short, three quarters when a view keeps the old ones anyway.
func TestSweepWaits(t *testing.T) {
	for _, c := range []struct {
		name       string
		all, gone  int
		views      int
		short, has bool // has: they are removed
	}{
		{"few of them", 2 * SweepRows, SweepRows - 1, 0, false, false},
		{"half", 2 * SweepRows, SweepRows, 0, false, true},
		{"less than half", 4 * SweepRows, SweepRows, 0, false, false},
		{"less than half, and memory is short", 4 * SweepRows, SweepRows, 0, true, true},
		{"less than an eighth of what lives", 12 * SweepRows, SweepRows, 0, true, false},
		{"half, and a view is open", 2 * SweepRows, SweepRows, 1, false, false},
		{"three quarters, and a view is open", 4 * SweepRows, 3 * SweepRows, 1, true, true},
	} {
		box := &Mailbox{Views: c.views}
		for i := range c.all {
			box.Add(Entry{Identity: id(1, uint32(i))})
		}
		for i := range c.gone {
			box.Expunge(i)
		}
		box.Sweep(c.short)
		if removed := box.Entries.N < c.all; removed != c.has {
			t.Errorf("%s: removed %v, want %v", c.name, removed, c.has)
		}
	}
}

// TestKeeps: mail of a mailbox is expected to stay when more of the last days stayed than was
// deleted young; it is judged once a day.
func TestKeeps(t *testing.T) {
	for _, c := range []struct {
		name          string
		lasting, old  int // messages of the last days, and older ones
		brief         int
		dead          int // of the lasting ones
		want, wantDay bool
	}{
		{"nothing is known", 0, 0, 0, 0, false, false},
		{"it stays", 3, 0, 2, 0, true, true},
		{"it goes", 2, 0, 3, 0, false, false},
		{"what stayed long ago does not count", 0, 9, 1, 0, false, false},
		{"what was expunged since does not count", 3, 0, 2, 2, false, false},
	} {
		box := &Mailbox{}
		for i := range c.lasting {
			box.Add(Entry{Identity: id(1, uint32(i)), Day: today - BriefDays})
		}
		for i := range c.old {
			box.Add(Entry{Identity: id(1, uint32(100+i)), Day: today - JudgedDays})
		}
		for i := range c.dead {
			box.Expunge(i)
		}
		box.Habit.Brief = float32(c.brief)
		if got := box.Keeps(today); got != c.want {
			t.Errorf("%s: %v, want %v", c.name, got, c.want)
		}
		box.Habit.Brief = 1000 * (1 - box.Habit.Brief)
		if got := box.Keeps(today); got != c.wantDay {
			t.Errorf("%s: judged again on the same day: %v", c.name, got)
		}
	}
}

// TestImported: unique-ids of another store are found by their messages, in memory of their size,
// and a view's copy stays what it is.
func TestImported(t *testing.T) {
	var m Imported
	for _, seq := range []uint32{5, 1, 3, 1} { // a start adds them in any order, and twice
		m.Add(id(1, seq), fmt.Append(nil, "uid-", seq))
	}
	m.Trim()
	if m.Len() != 3 {
		t.Fatalf("%d unique-ids", m.Len())
	}
	m.Add(id(2, 0), []byte("uid-2"))
	view := m.snapshot()
	for _, c := range []struct {
		id   format.Identity
		want string
	}{{id(1, 1), "uid-1"}, {id(1, 3), "uid-3"}, {id(1, 5), "uid-5"}, {id(1, 2), ""}, {id(1, 1), "uid-1"}, {id(2, 0), "uid-2"}, {id(9, 9), ""}} {
		if got := string(m.UID(c.id)); got != c.want {
			t.Errorf("%+v has %q, want %q", c.id, got, c.want)
		}
	}
	lives := func(i format.Identity) bool { return i.Seq == 5 }
	m.Expunge(id(7, 7), lives) // it has none
	m.Expunge(id(1, 1), lives)
	if m.Len() != 4 {
		t.Error("they were copied when one of four was expunged")
	}
	m.Expunge(id(1, 3), lives)
	if m.Len() != 1 || string(m.UID(id(1, 5))) != "uid-5" {
		t.Errorf("%d are left", m.Len())
	}
	if string(view.UID(id(1, 3))) != "uid-3" {
		t.Error("a view lost one")
	}
}
