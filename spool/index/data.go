package index

import (
	"pillarbox/spool/format"
)

// Data is the index of a whole spool, without a lock. A start makes one; then an [Index] owns it,
// and hands it to those who change it for as long as it holds the lock.
type Data struct {
	Mailboxes   map[format.Key]*Mailbox
	Tags        map[uint32]uint64    // of each open that a live message came in: 16 B each
	Records     map[Location]*Record // those with several recipients or extents
	Copies      Copies
	Needed      map[uint64]map[uint64]struct{} // by segment: those that its tombstones point to
	LabelHomes  map[uint64]struct{}            // segments with label records
	Remotes     map[uint64]*IDs                // by account at a provider
	RemoteHomes map[uint64]struct{}            // segments with records of remote ids
	Hidden      int                            // messages without an entry, see Options.LoadBytes
	Counts      Counts                         // how those of slots move, until taken

	opt Options
}

// A Record is what the index keeps of a message record that is more than one entry in one slot.
type Record struct {
	Live    int             // recipients that did not expunge it
	Weight  int64           // live bytes in the log
	Extents []format.Extent // in bulk slots
	claimed bool            // the bulk slots have counted it
}

// NewData returns an index without messages.
func NewData(opt Options) *Data {
	return &Data{
		Mailboxes:   make(map[format.Key]*Mailbox),
		Tags:        make(map[uint32]uint64),
		Records:     make(map[Location]*Record),
		Copies:      make(Copies),
		Needed:      make(map[uint64]map[uint64]struct{}),
		LabelHomes:  make(map[uint64]struct{}),
		Remotes:     make(map[uint64]*IDs),
		RemoteHomes: make(map[uint64]struct{}),
		opt:         opt,
	}
}

// Mailbox returns a mailbox, which is made when its first message comes.
func (d *Data) Mailbox(key format.Key) *Mailbox {
	box := d.Mailboxes[key]
	if box == nil {
		box = &Mailbox{Key: key}
		d.Mailboxes[key] = box
	}
	return box
}

// Lives reports whether a mailbox has such a message, and it is not expunged.
func (d *Data) Lives(key format.Key, id format.Identity) bool {
	box := d.Mailboxes[key]
	return box != nil && box.Lives(id)
}

// Known reports whether messages of that open with that tag can be in the index.
func (d *Data) Known(epoch uint32, tag uint64) bool { return d.Tags[epoch] == tag }

// extended reports whether bytes of a message are in extents, and not in its record.
func (d *Data) extended(at Location) bool {
	rec := d.Records[at]
	return rec != nil && len(rec.Extents) > 0
}

// Insert takes a message that arrived into the index. Its bytes were written by this process, so
// that they need not be verified.
func (d *Data) Insert(slot uint32, m format.Summary) {
	at := Location{slot, uint32(m.Offset / 8)}
	live, weight := 0, int64(0)
	for i, r := range m.Recipients {
		if r.Key == 0 {
			continue
		}
		live++
		weight = Weigh(m.Octets + r.Head)
		box := d.Mailbox(r.Key)
		id := m.Of(i)
		box.Add(Entry{Identity: id, Octets: m.Octets + r.Head, Offset: at.Offset, Slot: uint16(at.Slot), Day: m.Day})
		box.Verified.Set(box.Entries.N - 1)
		if len(m.UID) > 0 {
			box.Imported.Add(id, m.UID)
		}
	}
	if live == 0 {
		return
	}
	weight = WeightOf(&m, live, weight)
	if live > 1 || len(m.Extents) > 0 {
		rec := &Record{Live: live, Weight: weight, Extents: m.Extents}
		d.Records[at] = rec
		d.Claim(rec)
	}
	d.Counts.Add(slot, 1, weight)
}

// Claim counts a record in the bulk slots of its extents.
func (d *Data) Claim(rec *Record) {
	rec.claimed = true
	for _, e := range rec.Extents {
		d.Counts.Add(e.Slot, 1, e.Bytes())
	}
}

// Expunge takes an entry out of the index.
func (d *Data) Expunge(box *Mailbox, i int) {
	if box.Entries.At(i).Age(d.opt.Today()) < BriefDays {
		box.Habit.Brief++
	}
	box.Expunge(i)
	d.Release(box.Entries.At(i))
}

// Release counts an entry off where its bytes lie.
func (d *Data) Release(r Entry) {
	weight := Weigh(r.Octets)
	if rec := d.Records[r.Location()]; rec != nil {
		if rec.Live--; rec.Live > 0 {
			return
		}
		delete(d.Records, r.Location())
		weight = rec.Weight
		for _, e := range rec.Extents {
			if rec.claimed {
				d.Counts.Add(e.Slot, -1, -e.Bytes())
			}
		}
	}
	d.Counts.Add(uint32(r.Slot), -1, -weight)
}

// MoveRecord gives the record at one location another one, and other extents. It returns the record
// and the extents that it had, or nil if there is none.
func (d *Data) MoveRecord(from, to Location, extents []format.Extent) (rec *Record, old []format.Extent) {
	rec = d.Records[from]
	if rec == nil {
		return nil, nil
	}
	delete(d.Records, from)
	d.Records[to] = rec
	old, rec.Extents = rec.Extents, extents
	d.Claim(rec)
	for _, e := range old {
		d.Counts.Add(e.Slot, -1, -e.Bytes())
	}
	return rec, old
}

// Apply applies a tombstone set, and notes that the segment it is in, home, is needed as long as
// the one it points to. It reports whether a message lived.
func (d *Data) Apply(g format.TombstoneSet, home uint64) (lived bool) {
	d.Need(home, g.Segment)
	box := d.Mailboxes[g.Key]
	if box == nil || !d.Known(g.Epoch, g.Tag) {
		return false
	}
	for _, seq := range g.Seqs {
		if i, ok := box.Find(format.Identity{Epoch: g.Epoch, Seq: seq}); ok && !box.Dead.Has(i) {
			d.Expunge(box, i)
			lived = true
		}
	}
	box.Sweep(d.short())
	return lived
}

// Need notes that tombstones in the segment home point to another one.
func (d *Data) Need(home, target uint64) {
	if home == target || home == 0 {
		return
	}
	targets := d.Needed[home]
	if targets == nil {
		targets = make(map[uint64]struct{})
		d.Needed[home] = targets
	}
	targets[target] = struct{}{}
}

// Label takes labels into the index, and notes that they are in a segment.
func (d *Data) Label(l format.LabelSet, home uint64) {
	if more := d.Living(nil, l); len(more) > 0 {
		d.Mailboxes[l.Key].Label(l.Label, more.InOrder())
		d.LabelHomes[home] = struct{}{}
	}
}

// Living appends those of the messages that live.
func (d *Data) Living(m Labelled, l format.LabelSet) Labelled {
	box := d.Mailboxes[l.Key]
	if box == nil || !d.Known(l.Epoch, l.Tag) {
		return m
	}
	for _, seq := range l.Seqs {
		id := format.Identity{Epoch: l.Epoch, Seq: seq}
		if i, ok := box.Find(id); ok && !box.Dead.Has(i) {
			m = append(m, LabelledMessage{Identity: id, Day: l.Day})
		}
	}
	return m
}

// Retire removes what is kept of a segment that was retired: it needs no other one, and no copy in
// it counts.
func (d *Data) Retire(segment uint64) {
	delete(d.Needed, segment)
	delete(d.LabelHomes, segment)
	delete(d.RemoteHomes, segment)
	d.Copies.Retire(segment)
}

// Bytes returns how much memory the index takes. It looks at every mailbox and every label, of
// which there are few.
func (d *Data) Bytes() int64 {
	n := int64(len(d.Records))*RecordBytes + d.Copies.Bytes()
	for _, box := range d.Mailboxes {
		n += box.Bytes()
	}
	for _, ids := range d.Remotes {
		n += ids.Bytes()
	}
	return n
}

// short reports whether the index needs the memory that expunged messages take.
func (d *Data) short() bool {
	return d.opt.IndexBytes > 0 && d.Bytes() > d.opt.IndexBytes/8*7
}

// youngBytes returns, by slot, how many live bytes came in the last days.
func (d *Data) youngBytes() []int64 {
	var young []int64
	add := func(slot uint32, bytes int64) {
		for int(slot) >= len(young) {
			young = append(young, 0)
		}
		young[slot] += bytes
	}
	today := d.opt.Today()
	for _, box := range d.Mailboxes {
		for i := range box.Entries.N {
			r := box.Entries.At(i)
			if r.Age(today) >= JudgedDays || box.Dead.Has(i) {
				continue
			}
			rec := d.Records[r.Location()]
			if rec == nil {
				add(uint32(r.Slot), Weigh(r.Octets))
				continue
			}
			share := int64(max(rec.Live, 1))
			add(uint32(r.Slot), rec.Weight/share)
			for _, e := range rec.Extents {
				add(e.Slot, e.Bytes()/share)
			}
		}
	}
	return young
}

// Options bound an index.
type Options struct {
	// IndexBytes is how much memory the index may take before mail is refused; 0 is no bound.
	IndexBytes int64
	// LoadBytes is how much memory the entries may take that a start makes; 0 is no bound.
	LoadBytes int64
	// Today returns the day by the wall clock.
	Today func() uint16
}
