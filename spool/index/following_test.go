package index

import (
	"testing"

	"pillarbox/spool/format"
)

// TestFollowing: messages that follow each other in a slot are read at once, as far as they fit and
// little lies between them. Messages of 110 octets take at most 50 bytes more.
func TestFollowing(t *testing.T) {
	span := Span{Size: 4000, More: 50, Largest: 200}
	type place struct {
		slot   uint32
		offset int64
		octets uint32
	}
	for _, c := range []struct {
		name   string
		places []place
		most   Span
		want   int64
	}{
		{"none follows", []place{{3, 800, 100}}, span, 0},
		{"side by side", []place{{3, 800, 100}, {3, 960, 100}, {3, 1120, 100}}, span, 320 + 110 + 50},
		{"a gap", []place{{3, 800, 100}, {3, 2000, 100}}, span, 1200 + 110 + 50},
		{"too large a gap", []place{{3, 800, 100}, {3, 960, 100}, {3, 1080 + mostBetween, 100}}, Span{1 << 20, 50, 200}, 160 + 110 + 50},
		{"another slot", []place{{3, 800, 100}, {4, 960, 100}}, span, 0},
		{"before it", []place{{3, 800, 100}, {3, 640, 100}}, span, 0},
		{"in it", []place{{3, 800, 100}, {3, 808, 100}}, span, 0},
		{"no room", []place{{3, 800, 100}, {3, 960, 100}}, Span{160 + 110 + 49, 50, 200}, 0},
		{"room", []place{{3, 800, 100}, {3, 960, 100}}, Span{160 + 110 + 50, 50, 200}, 160 + 110 + 50},
		{"room for one more", []place{{3, 800, 100}, {3, 960, 100}, {3, 1120, 100}}, Span{400, 50, 200}, 160 + 110 + 50},
		{"it is large", []place{{3, 800, 300}, {3, 1200, 100}}, span, 0},
		{"the next is large", []place{{3, 800, 100}, {3, 960, 300}, {3, 1400, 100}}, span, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			d := newData(Options{})
			for i, p := range c.places {
				m := arrival(uint32(i), p.offset, 1)
				m.Octets = p.octets
				d.Insert(p.slot, m)
			}
			x := New(Options{}, d)
			f, _ := x.Freeze(1)
			found := x.LocateRow(1, &f.Entries, 0)
			if got := x.Following(1, found, c.most); got != c.want {
				t.Errorf("%d bytes, want %d", got, c.want)
			}
			if got := x.Following(2, found, c.most); got != 0 {
				t.Errorf("%d bytes in a mailbox that there is not", got)
			}
			found.Row = 1
			if got := x.Following(1, found, c.most); got != 0 {
				t.Errorf("%d bytes from another row", got)
			}
			found.Row = 0
			found.Offset++
			if got := x.Following(1, found, c.most); got != 0 {
				t.Errorf("%d bytes from where it is no more", got)
			}
		})
	}
}

// TestLocateAt: a row that is right, wrong or behind the last one is only where the search begins.
func TestLocateAt(t *testing.T) {
	x := newIndex(Options{}, 10)
	f, _ := x.Freeze(1)
	for i := range 10 {
		for _, hint := range []int{0, i, 9, 10, 1 << 30} {
			got := x.LocateAt(1, f.Entries.At(i), hint)
			if got.Row != i || !got.Lives || got.Location() != f.Entries.At(i).Location() {
				t.Errorf("message %d from row %d: %+v", i, hint, got)
			}
		}
	}
	gone := f.Entries.At(3)
	gone.Identity = format.Identity{Epoch: 9, Seq: 9}
	if got := x.LocateAt(1, gone, 3); got.Lives || got.Row != 0 {
		t.Errorf("a message that there is not: %+v", got)
	}
}

// TestFollowingExtents: a message with extents has a record that is shorter than its octets. What
// is behind it may not be written yet, so that nothing is read by its octets.
func TestFollowingExtents(t *testing.T) {
	d := newData(Options{})
	for i, offset := range []int64{800, 960, 1120} {
		m := arrival(uint32(i), offset, 1)
		if m.Octets = 100; i == 2 {
			m.Octets = 15000
			m.Extents = []format.Extent{{Slot: 9, Segment: 9, Page: 1, Length: 15003}}
		}
		d.Insert(3, m)
	}
	x := New(Options{}, d)
	f, _ := x.Freeze(1)
	if got, want := x.Following(1, x.LocateRow(1, &f.Entries, 0), Span{64 << 10, 1024, 15296}), int64(160+110+1024); got != want {
		t.Errorf("%d bytes, want %d", got, want)
	}
}
