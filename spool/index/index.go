package index

import (
	"cmp"
	"maps"
	"sync"

	"pillarbox/spool/format"
)

// An Index is the index of a spool. Its methods may be called from several goroutines. None of them
// calls anything else with the lock held but what Read and Update are given, which must not call
// the index, wait, or do I/O.
type Index struct {
	opt Options

	mu       sync.Mutex
	data     *Data
	reserved int64 // bytes that deliveries on their way will need
	loaded   int64 // bytes when the entries were made
}

// New returns an index that owns the data.
func New(opt Options, data *Data) *Index {
	return &Index{opt: opt, data: data, loaded: data.Bytes()}
}

// Read calls look with the lock held, which nobody shares. look keeps no part of the data, and
// changes nothing but the order of lists that are put in order when they are first searched (see
// Copies).
func (x *Index) Read(look func(d *Data)) {
	x.mu.Lock()
	defer x.mu.Unlock()
	look(x.data)
}

// Update calls change with the lock held, so that readers see all of a batch or none of it. It
// returns how the counters of slots move, for the caller to move them, and whether hidden messages
// should appear now. memory is what an earlier call returned, or nil. Only the leader of the log
// calls it.
func (x *Index) Update(memory Counts, change func(d *Data)) (counts Counts, due bool) {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.data.Counts = memory[:0]
	change(x.data)
	counts, x.data.Counts = x.data.Counts, nil
	return counts, x.rereadDue()
}

// Adopt replaces the data by those that were read again while the spool is in use. Views stay what
// they are.
func (x *Index) Adopt(again *Data) {
	x.mu.Lock()
	defer x.mu.Unlock()
	for key, old := range x.data.Mailboxes {
		box := again.Mailbox(key)
		box.Habit, box.Views = old.Habit, old.Views
	}
	again.Counts = nil
	// Hidden messages have theirs.
	again.Remotes, again.RemoteHomes = x.data.Remotes, x.data.RemoteHomes
	// An open may have been drawn meanwhile.
	maps.Copy(again.Tags, x.data.Tags)
	x.data, x.loaded = again, again.Bytes()
}

// Shown returns the tag of each open, and the last message of each mailbox that has an entry.
func (x *Index) Shown() (tags map[uint32]uint64, last map[format.Key]format.Identity) {
	x.mu.Lock()
	defer x.mu.Unlock()
	last = make(map[format.Key]format.Identity)
	for key, box := range x.data.Mailboxes {
		if n := box.Entries.N; n > 0 {
			last[key] = box.Entries.Identity(n - 1)
		}
	}
	return maps.Clone(x.data.Tags), last
}

// SetTag notes the tag of an open.
func (x *Index) SetTag(epoch uint32, tag uint64) {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.data.Tags[epoch] = tag
}

// Tag returns the tag of an open.
func (x *Index) Tag(epoch uint32) uint64 {
	x.mu.Lock()
	defer x.mu.Unlock()
	return x.data.Tags[epoch]
}

// A Frozen is a mailbox as it was: what a view holds.
type Frozen struct {
	Entries  Entries
	Live     Ranked
	Labels   map[string]Labelled
	Imported *Imported // nil if no message has a unique-id of another store
}

// Freeze returns a mailbox as it is now; ok is false if it never had mail. The caller calls Release
// when it needs it no longer.
func (x *Index) Freeze(key format.Key) (f Frozen, ok bool) {
	x.mu.Lock()
	defer x.mu.Unlock()
	box := x.data.Mailboxes[key]
	if box == nil {
		return Frozen{}, false
	}
	box.Views++
	f = Frozen{Entries: box.Entries, Live: RankLive(box.Dead, box.Entries.N), Labels: maps.Clone(box.Labels)}
	if box.Imported.Len() > 0 {
		own := box.Imported.snapshot()
		f.Imported = &own
	}
	return f, true
}

// Release ends the use of what Freeze returned. It reports whether hidden messages should appear.
func (x *Index) Release(key format.Key) (due bool) {
	x.mu.Lock()
	defer x.mu.Unlock()
	if box := x.data.Mailboxes[key]; box != nil {
		box.Views--
		box.Sweep(x.data.short())
	}
	return x.rereadDue()
}

// A Found is what the index knows of a message now.
type Found struct {
	Entry           // with its location now, or when it was expunged
	Tag      uint64 // of the open that it came in
	Row      int    // where it is in the index now; 0 if it is not
	Lives    bool   // it is not expunged
	Verified bool   // this process has verified or written its bytes
}

// LocateRow is Locate for entry i of a snapshot, whose location needs the lock.
func (x *Index) LocateRow(key format.Key, rows *Entries, i int) Found {
	x.mu.Lock()
	defer x.mu.Unlock()
	return x.locate(key, rows.At(i), i)
}

// Locate finds a message of a view.
func (x *Index) Locate(key format.Key, r Entry) Found { return x.LocateAt(key, r, 0) }

// LocateAt is Locate that looks at a row first: Found.Row of an earlier call.
func (x *Index) LocateAt(key format.Key, r Entry, hint int) Found {
	x.mu.Lock()
	defer x.mu.Unlock()
	return x.locate(key, r, hint)
}

func (x *Index) locate(key format.Key, r Entry, hint int) Found {
	f := Found{Entry: r, Tag: x.data.Tags[r.Epoch]}
	box := x.data.Mailboxes[key]
	if box == nil {
		return f
	}
	if i, ok := box.FindAt(hint, r.Identity); ok {
		f.Row = i
		f.Move(box.Entries.At(i).Location())
		f.Lives = !box.Dead.Has(i)
		f.Verified = box.Verified.Has(i)
	}
	return f
}

// SetVerified notes that this process has verified the bytes of a message.
func (x *Index) SetVerified(key format.Key, id format.Identity) {
	x.mu.Lock()
	defer x.mu.Unlock()
	if box := x.data.Mailboxes[key]; box != nil {
		if i, ok := box.Find(id); ok {
			box.Verified.Set(i)
		}
	}
}

// Keeps reports whether one of n mailboxes tends to keep its mail; key returns that of number i.
func (x *Index) Keeps(n int, key func(i int) format.Key) bool {
	x.mu.Lock()
	defer x.mu.Unlock()
	today := x.opt.Today()
	for i := range n {
		if box := x.data.Mailboxes[key(i)]; box != nil && box.Keeps(today) {
			return true
		}
	}
	return false
}

// YoungBytes returns, by slot, how many live bytes came in the last days. It looks at all entries.
func (x *Index) YoungBytes() []int64 {
	x.mu.Lock()
	defer x.mu.Unlock()
	return x.data.youngBytes()
}

// A MailboxStat is what one mailbox holds.
type MailboxStat struct {
	Key      format.Key
	Messages int
	Octets   int64
}

// Mailboxes returns the mailboxes that hold mail, by key.
func (x *Index) Mailboxes() (list []MailboxStat) {
	x.mu.Lock()
	defer x.mu.Unlock()
	for key, box := range x.data.Mailboxes {
		if box.Live > 0 {
			list = append(list, MailboxStat{key, box.Live, box.Octets})
		}
	}
	format.Sort(list, func(a, b MailboxStat) int { return cmp.Compare(a.Key, b.Key) })
	return list
}

// rereadShare is the part of Options.LoadBytes, as one in so many, that the index may still take
// when hidden messages are looked for: for a while there are two of it.
const rereadShare = 4

// rereadDue is called with the lock held.
func (x *Index) rereadDue() bool {
	d := x.data
	if d.Hidden == 0 {
		return false
	}
	empty := false
	for _, box := range d.Mailboxes {
		if box.Hides && box.Views > 0 {
			return false
		}
		empty = empty || box.Hides && box.Live == 0
	}
	n := d.Bytes()
	few := n <= x.opt.LoadBytes/rereadShare || x.opt.IndexBytes > 0 && n+EntryBytes*int64(d.Hidden) <= x.opt.IndexBytes
	return empty || few && n < x.loaded
}
