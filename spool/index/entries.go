package index

import (
	"sort"
	"sync/atomic"

	"pillarbox/spool/format"
)

// An Entry is one message in the index. Everything else is in its record.
type Entry struct {
	format.Identity
	Octets uint32 // as listed, its head included
	Offset uint32 // with Slot its location, which changes when the message is moved
	Slot   uint16
	Day    uint16 // on which it came
}

func (r Entry) Location() Location { return Location{uint32(r.Slot), r.Offset} }

func (r *Entry) Move(to Location) { r.Slot, r.Offset = uint16(to.Slot), to.Offset }

// A packedEntry is an entry without what a run holds for it: 12 bytes.
type packedEntry struct {
	octets uint32
	place  uint32 // the offset, and above it the day, less that of the run
	seq    uint16 // the lower bits
	slot   uint16
}

const (
	// placeBits are enough for an offset in units of 8 bytes.
	placeBits = 23 // format.MaxSlotSize is 2^23 units
	// runDays is how many days the messages of a run may be apart.
	runDays = 1 << (32 - placeBits)
	seqBits = 16
)

// EntriesPerChunk packed entries fill 3072 bytes, which is a size class of the allocator.
const EntriesPerChunk = 256

// Entries are the entries of a mailbox in chunks of a fixed size. A full chunk never moves, so that
// growth copies nothing, leaves no garbage and wastes less than one chunk. An array that doubles
// would waste half of itself, and every earlier array that a view holds. Messages that arrive one
// after the other share most of their identity and their day, which are stored once for all of
// them. A copy of an Entries value is a snapshot: entries that are added later are not in it, and
// of those in it only the location changes.
type Entries struct {
	chunks [][]packedEntry // of EntriesPerChunk entries each; a small mailbox has one smaller chunk
	runs   []run
	N      int
}

// RunBytes is the cost of a run.
const RunBytes = 12

// A run is consecutive entries of one open whose numbers have the same upper bits, and whose days
// are close. It ends where the next run begins.
type run struct {
	first uint32 // position
	epoch uint32
	high  uint16 // of the numbers
	day   uint16 // the earliest that fits
}

func (r *Entries) packed(i int) *packedEntry {
	return &r.chunks[i/EntriesPerChunk][i%EntriesPerChunk]
}

// At returns entry i.
func (r *Entries) At(i int) Entry { return r.packed(i).in(r.run(i)) }

// in returns the entry, which is of that run.
func (p *packedEntry) in(of *run) Entry {
	place := atomic.LoadUint32(&p.place)
	return Entry{
		Identity: of.identity(p), Octets: p.octets,
		Offset: place & (1<<placeBits - 1), Slot: p.slot, Day: of.day + uint16(place>>placeBits),
	}
}

func (r *run) identity(p *packedEntry) format.Identity {
	return format.Identity{Epoch: r.epoch, Seq: uint32(r.high)<<seqBits | uint32(p.seq)}
}

// Identity returns the identity of entry i.
func (r *Entries) Identity(i int) format.Identity { return r.run(i).identity(r.packed(i)) }

// Octets returns the size of entry i.
func (r *Entries) Octets(i int) uint32 { return r.packed(i).octets }

// Day returns the day of entry i. It may be called while the location changes.
func (r *Entries) Day(i int) uint16 {
	return r.run(i).day + uint16(atomic.LoadUint32(&r.packed(i).place)>>placeBits)
}

// run returns the run of entry i.
func (r *Entries) run(i int) *run { return &r.runs[r.runOf(i)] }

func (r *Entries) runOf(i int) int {
	lo, hi := 0, len(r.runs)
	for hi-lo > 1 {
		if mid := int(uint(lo+hi) / 2); int(r.runs[mid].first) <= i {
			lo = mid
		} else {
			hi = mid
		}
	}
	return lo
}

// Move changes the location of entry i.
func (r *Entries) Move(i int, to Location) {
	p := r.packed(i)
	p.slot = uint16(to.Slot)
	// A view may read the day meanwhile, without the lock.
	atomic.StoreUint32(&p.place, p.place&^(1<<placeBits-1)|to.Offset&(1<<placeBits-1))
}

// Replace replaces entry i by another copy of the same message.
func (r *Entries) Replace(i int, e Entry) {
	of := r.run(i)
	// It has the same day, unless something is damaged.
	e.Day = uint16(min(max(int(e.Day), int(of.day)), int(of.day)+runDays-1))
	*r.packed(i) = e.pack(of.day)
}

// pack packs an entry of a run that begins on a day.
func (r Entry) pack(day uint16) packedEntry {
	place := r.Offset&(1<<placeBits-1) | uint32(r.Day-day)<<placeBits
	return packedEntry{octets: r.Octets, place: place, seq: uint16(r.Seq), slot: r.Slot}
}

// add appends an entry. It changes no chunk and no run that a snapshot shares.
func (r *Entries) add(e Entry) {
	if have := r.Room(); r.N == have {
		switch {
		case have >= EntriesPerChunk:
			r.chunks = append(r.chunks, make([]packedEntry, EntriesPerChunk))
		default: // the first chunk grows until it has the size of the others
			first := make([]packedEntry, min(EntriesPerChunk, max(4, 2*have)))
			if have > 0 {
				copy(first, r.chunks[0])
			}
			r.chunks = [][]packedEntry{first}
		}
	}
	*r.packed(r.N) = e.pack(r.open(r.N, e))
	r.N++
}

// open returns the day of the last run, after a new one was begun at position i if e, which comes
// there, does not fit into it.
func (r *Entries) open(i int, e Entry) uint16 {
	high := uint16(e.Seq >> seqBits)
	if k := len(r.runs); k > 0 {
		last := &r.runs[k-1]
		if last.epoch == e.Epoch && last.high == high && InRun(last.day, e.Day) {
			return last.day
		}
	}
	day := FirstDay(e.Day)
	r.runs = append(r.runs, run{uint32(i), e.Epoch, high, day})
	return day
}

// FirstDay returns the day on which a run begins that has a message of a day. Clocks are set back,
// and mail is imported in no order: the next may be earlier.
func FirstDay(day uint16) uint16 { return day - min(day, runDays/2) }

// InRun reports whether a message of a day fits into a run that begins on the first.
func InRun(first, day uint16) bool { return day >= first && day-first < runDays }

// Room returns how many entries the present chunks can hold.
func (r *Entries) Room() int {
	if len(r.chunks) == 0 {
		return 0
	}
	return (len(r.chunks)-1)*EntriesPerChunk + len(r.chunks[0])
}

// find returns the position of an identity, and whether there is such an entry. The entries must be
// in order.
func (r *Entries) find(id format.Identity) (i int, ok bool) { return r.FindFirst(r.N, id) }

// FindFirst is find, limited to the first n entries.
func (r *Entries) FindFirst(n int, id format.Identity) (i int, ok bool) {
	i = sort.Search(n, func(i int) bool { return r.Identity(i).Compare(id) >= 0 })
	return i, i < n && r.Identity(i) == id
}

// Sorted reports whether the entries are in order without duplicates.
func (r *Entries) Sorted() bool {
	var last format.Identity
	next := 0 // run
	for i := range r.N {
		if next < len(r.runs) && int(r.runs[next].first) == i {
			next++
		}
		id := r.runs[next-1].identity(r.packed(i))
		if i > 0 && last.Compare(id) >= 0 {
			return false
		}
		last = id
	}
	return true
}

// Unpacked entries have what a run holds of each while they are sorted: 8 more bytes per message,
// for one mailbox at a time.
type unpacked struct {
	*Entries
	of   []ofRun
	less func(a, b Entry) bool
}

// An ofRun is a run of one entry.
type ofRun struct {
	epoch     uint32
	high, day uint16
}

// Sort sorts the entries in place, until Pack is called. It is for the start, when there is no
// snapshot.
func (r *Entries) Sort(less func(a, b Entry) bool) unpacked {
	u := unpacked{r, make([]ofRun, r.N), less}
	for k, run := range r.runs {
		end := r.N
		if k+1 < len(r.runs) {
			end = int(r.runs[k+1].first)
		}
		for i := int(run.first); i < end; i++ {
			u.of[i] = ofRun{run.epoch, run.high, run.day}
		}
	}
	sort.Sort(u)
	return u
}

func (u unpacked) At(i int) Entry {
	o := u.of[i]
	return u.packed(i).in(&run{epoch: o.epoch, high: o.high, day: o.day})
}

func (u unpacked) Set(i int, e Entry) {
	day := FirstDay(e.Day)
	*u.packed(i) = e.pack(day)
	u.of[i] = ofRun{e.Epoch, uint16(e.Seq >> seqBits), day}
}

func (u unpacked) Len() int           { return u.N }
func (u unpacked) Less(i, j int) bool { return u.less(u.At(i), u.At(j)) }
func (u unpacked) Swap(i, j int) {
	a, b := u.packed(i), u.packed(j)
	*a, *b = *b, *a
	u.of[i], u.of[j] = u.of[j], u.of[i]
}

// Pack removes the entries from n on, and the chunks that held no others.
func (u unpacked) Pack(n int) {
	r := u.Entries
	r.N, r.runs = n, nil
	for i := range n {
		e := u.At(i)
		*r.packed(i) = e.pack(r.open(i, e))
	}
	keep := (n + EntriesPerChunk - 1) / EntriesPerChunk
	clear(r.chunks[keep:])
	r.chunks = r.chunks[:keep]
}

// bytes returns how much memory the runs take.
func (r *Entries) bytes() int64 { return RunBytes * int64(cap(r.runs)) }

// A Location is the slot and the offset of a message record: 8 bytes.
type Location struct {
	Slot   uint32
	Offset uint32 // in units of 8 bytes
}

// Age returns how many days ago the message arrived.
func (r Entry) Age(today uint16) int { return DayAge(r.Day, today) }

const (
	// BriefDays is the age in days below which an expunged message counts as fetched and deleted.
	BriefDays = 2
	// JudgedDays is how many days of mail predict what will become of the next message.
	JudgedDays = 16
)

// A Habit records whether the mail of a mailbox tends to stay: 8 B. After a start it is empty,
// because what was expunged before is not known.
type Habit struct {
	Brief float32 // messages that were expunged young, in the last days
	day   uint16  // when it was judged
	keeps bool    // most messages stay
}

// DayAge returns how many days ago a day was, 0 for one that is still to come.
func DayAge(day, today uint16) int { return max(0, int(today)-int(day)) }
