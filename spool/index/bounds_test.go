package index

import (
	"testing"

	"pillarbox/spool/format"
)

// newIndex returns an index with n messages in mailbox 1.
func newIndex(opt Options, n uint32) *Index {
	opt.Today = func() uint16 { return today }
	d := NewData(opt)
	d.Tags[1] = 7
	for seq := range n {
		d.Insert(3, arrival(seq, int64(8*(seq+1)), 1))
	}
	return New(opt, d)
}

// TestReserve: memory of deliveries on their way counts, until it is given back; none is given when
// some messages are hidden.
func TestReserve(t *testing.T) {
	x := newIndex(Options{IndexBytes: 100 * EntryBytes}, 50)
	room := 100*EntryBytes - x.Totals().Bytes
	if !x.Reserve(room) || x.Reserve(1) || !x.Crowded(1) || x.Crowded(0) {
		t.Error("all that is left can be reserved, and no more")
	}
	if n := x.Probe().Reserved(); n != room {
		t.Errorf("%d bytes are reserved, want %d", n, room)
	}
	x.Unreserve(room)
	if !x.Reserve(room) {
		t.Error("what was given back is not free")
	}
	x.Unreserve(room)
	x.Update(nil, func(d *Data) { d.Hidden = 1 })
	if x.Reserve(0) || !x.Totals().Crowded {
		t.Error("mail is taken while some is hidden")
	}
	if free := newIndex(Options{}, 1); !free.Reserve(1<<40) || free.Crowded(1<<40) {
		t.Error("an index without a bound is full")
	}
}

// TestLabelRoom: labels may take as much again as mail, because they are how mail is deleted for
// one device.
func TestLabelRoom(t *testing.T) {
	x := newIndex(Options{IndexBytes: 50 * EntryBytes}, 50)
	left := LabelShare*50*EntryBytes - x.Totals().Bytes
	if !x.LabelRoom(int(left/LabelBytes)) || x.LabelRoom(int(left/LabelBytes)+1) {
		t.Errorf("there is room for %d labels", left/LabelBytes)
	}
	if !newIndex(Options{}, 1).LabelRoom(1 << 30) {
		t.Error("an index without a bound has no room")
	}
}

// TestMailboxRoom: a mailbox is bounded in octets and in its share of the index.
func TestMailboxRoom(t *testing.T) {
	x := newIndex(Options{IndexBytes: 100 * EntryBytes}, 50) // of 110 octets each
	for _, c := range []struct {
		name                string
		key                 format.Key
		octets, most, share int64
		want                bool
	}{
		{"a mailbox that has no mail", 2, 1 << 40, 1, 0, true},
		{"it fits", 1, 100, 5600, 100, true},
		{"an octet more", 1, 101, 5600, 100, false},
		{"its share of the index", 1, 0, 1 << 40, 52, true},
		{"a smaller share", 1, 0, 1 << 40, 50, false},
	} {
		if got := x.MailboxRoom(c.key, c.octets, c.most, c.share); got != c.want {
			t.Errorf("%s: %v, want %v", c.name, got, c.want)
		}
	}
	if x.EntryRoom(1, 50*EntryBytes) || !x.EntryRoom(1, 52*EntryBytes) || !x.EntryRoom(2, 0) {
		t.Error("the bound of one mailbox is not its own")
	}
}

// TestRereadDue: hidden messages are looked for when few of the others are left, or all have room,
// or a mailbox shows none; not while a view of such a mailbox is open.
func TestRereadDue(t *testing.T) {
	const n = 64
	load := int64(n * EntryBytes)
	for _, c := range []struct {
		name   string
		change func(x *Index, d *Data)
		want   bool
	}{
		{"nothing is hidden", func(_ *Index, d *Data) { d.Hidden = 0 }, false},
		{"all are still there", func(*Index, *Data) {}, false},
		{"half of them", func(_ *Index, d *Data) { expungeFirst(d, n/2) }, false},
		{"few of them", func(_ *Index, d *Data) { expungeFirst(d, n-4) }, true},
		{"few of them, and a view is open", func(_ *Index, d *Data) { expungeFirst(d, n-4); d.Mailboxes[1].Views = 1 }, false},
		{"a view of another mailbox", func(_ *Index, d *Data) { expungeFirst(d, n-4); d.Mailbox(2).Views = 1 }, true},
		{"none of them", func(_ *Index, d *Data) { expungeFirst(d, n) }, true},
		{"they are enough, and not fewer than at the start", func(x *Index, d *Data) { x.loaded = 1; expungeFirst(d, n-4) }, false},
		{"the bound has room for all", func(x *Index, d *Data) {
			x.opt.IndexBytes = 1000 * EntryBytes
			expungeFirst(d, 1)
		}, true},
	} {
		x := newIndex(Options{LoadBytes: load}, n)
		_, due := x.Update(nil, func(d *Data) {
			d.Hidden, d.Mailboxes[1].Hides = 5, true
			c.change(x, d)
		})
		if due != c.want || x.RereadDue() != c.want {
			t.Errorf("%s: due %v, want %v", c.name, due, c.want)
		}
	}
}

// expungeFirst expunges the first messages of mailbox 1.
func expungeFirst(d *Data, n int) {
	for i := range n {
		d.Expunge(d.Mailboxes[1], i)
	}
}

// TestFreeze: a view is a mailbox as it was; what comes and goes later does not change it, but it
// shows what lives now.
func TestFreeze(t *testing.T) {
	x := newIndex(Options{}, 3)
	if _, ok := x.Freeze(2); ok {
		t.Error("a mailbox that never had mail was frozen")
	}
	f, ok := x.Freeze(1)
	if !ok || f.Live.Live != 3 || f.Imported != nil {
		t.Fatalf("%v, %d messages", ok, f.Live.Live)
	}
	x.Update(nil, func(d *Data) {
		d.Expunge(d.Mailboxes[1], 0)
		d.Insert(3, arrival(9, 4000, 1))
		d.Mailboxes[1].Entries.Move(1, Location{5, 77})
	})
	if f.Live.Live != 3 || f.Entries.N != 3 {
		t.Errorf("%d of %d messages now", f.Live.Live, f.Entries.N)
	}
	first, second := x.LocateRow(1, &f.Entries, 0), x.LocateRow(1, &f.Entries, 1)
	if first.Lives || !second.Lives || second.Location() != (Location{5, 77}) || !second.Verified || second.Tag != 7 {
		t.Errorf("%+v, %+v", first, second)
	}
	if got := x.Locate(2, f.Entries.At(0)); got.Lives {
		t.Error("a mailbox that is none has it")
	}
	x.Update(nil, func(d *Data) {
		if d.Mailboxes[1].Views != 1 {
			t.Errorf("%d views", d.Mailboxes[1].Views)
		}
	})
	x.Release(1)
	x.Release(2)
	x.SetVerified(1, id(1, 9))
	x.SetVerified(3, id(1, 9))
	if st := x.Mailboxes(); len(st) != 1 || st[0].Messages != 3 || st[0].Octets != 330 {
		t.Errorf("%+v", st)
	}
	if tot := x.Totals(); tot.Mailboxes != 1 || tot.Messages != 3 {
		t.Errorf("%+v", tot)
	}
}

// TestAdoptKeepsViews: what is read again replaces the index, but views, habits, remote ids, and
// the tag of an open that was drawn meanwhile stay.
func TestAdoptKeepsViews(t *testing.T) {
	x := newIndex(Options{}, 3)
	x.Freeze(1)
	x.SetTag(4, 44)
	x.Update(nil, func(d *Data) {
		d.Mailboxes[1].Habit.Brief = 5
		d.Remember(format.RemoteSet{Account: 9, IDs: []format.RemoteID{{ID: ID{1}}}}, 6)
	})
	again := newData(Options{})
	again.Tags[1] = 7
	again.Insert(3, arrival(0, 8, 1))
	x.Adopt(again)
	x.Read(func(d *Data) {
		box := d.Mailboxes[1]
		if box.Live != 1 || box.Views != 1 || box.Habit.Brief != 5 || d.Tags[4] != 44 || len(d.Counts) != 0 {
			t.Errorf("%d messages, %d views, %+v", box.Live, box.Views, d.Tags)
		}
	})
	if !x.HasRemote(9, ID{1}) || x.EpochOf(44) != 4 || x.EpochOf(45) != 0 {
		t.Error("a remote id or a tag is lost")
	}
	tags, last := x.Shown()
	if tags[4] != 44 || last[1] != id(1, 0) {
		t.Errorf("shown are %v, tags %v", last, tags)
	}
}

// TestRemotes: ids at a provider are known by account, and forgotten one by one.
func TestRemotes(t *testing.T) {
	x := newIndex(Options{}, 0)
	x.Update(nil, func(d *Data) {
		d.Remember(format.RemoteSet{Account: 9, IDs: []format.RemoteID{{ID: ID{3}}, {ID: ID{1}}, {ID: ID{2}}}}, 6)
		d.Remember(format.RemoteSet{Account: 8, IDs: []format.RemoteID{{ID: ID{4}}}}, 7)
		if len(d.RemoteHomes) != 2 {
			t.Errorf("ids are in segments %v", d.RemoteHomes)
		}
	})
	x.ForgetRemotes(9, func(id ID) bool { return id == ID{1} })
	x.ForgetRemotes(77, func(ID) bool { return true })
	ids := x.RemoteIDs(9)
	if len(ids) != 2 || ids[0] != (ID{2}) || ids[1] != (ID{3}) || x.RemoteCount(9) != 2 || x.RemoteCount(8) != 1 || x.RemoteCount(77) != 0 {
		t.Errorf("ids %v, %d and %d", ids, x.RemoteCount(8), x.RemoteCount(77))
	}
	if x.HasRemote(9, ID{1}) || x.HasRemote(8, ID{2}) || !x.HasRemote(8, ID{4}) || x.RemoteIDs(77) != nil {
		t.Error("an id is of another account")
	}
}

// TestYoungBytes: what came in the last days counts where it lies, shared by its recipients.
func TestYoungBytes(t *testing.T) {
	x := newIndex(Options{}, 0)
	x.Update(nil, func(d *Data) {
		d.Insert(2, arrival(0, 800, 1))
		old := arrival(1, 1600, 1)
		old.Day = today - JudgedDays
		d.Insert(2, old)
		large := arrival(2, 2400, 1, 2)
		large.Extents = []format.Extent{{Slot: 4, Segment: 9, Page: 1, Length: 4096}}
		d.Insert(3, large)
		gone := arrival(4, 3200, 5)
		d.Insert(3, gone)
		d.Expunge(d.Mailboxes[5], 0)
	})
	got := x.YoungBytes()
	if len(got) != 5 || got[2] != 270 || got[3] != 160 || got[4] != 4096 {
		t.Errorf("young bytes by slot are %v", got)
	}
}
