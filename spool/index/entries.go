package index

import (
	"sort"

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

// A PackedEntry is an entry without its epoch: 16 bytes.
type PackedEntry struct {
	seq    uint32
	Octets uint32
	Offset uint32
	slot   uint16
	Day    uint16
}

// EntriesPerChunk packed entries fill 4096 bytes.
const EntriesPerChunk = 4096 / 16

// Entries are the entries of a mailbox in chunks of a fixed size. A full chunk never moves, so that
// growth copies nothing, leaves no garbage and wastes less than one chunk. An array that doubles
// would waste half of itself, and every earlier array that a view holds. The messages of one open
// are adjacent, so that the number of the open is stored once for all of them. A copy of an Entries
// value is a snapshot: entries that are added later are not in it, and of those in it only the
// location changes.
type Entries struct {
	chunks [][]PackedEntry // of EntriesPerChunk entries each; a small mailbox has one smaller chunk
	runs   []run
	N      int
}

// A run is consecutive entries of one open. It ends where the next run begins.
type run struct {
	first uint32 // position
	epoch uint32
}

func (r *Entries) Entry(i int) *PackedEntry { return &r.chunks[i/EntriesPerChunk][i%EntriesPerChunk] }

// At returns entry i.
func (r *Entries) At(i int) Entry {
	p := r.Entry(i)
	return Entry{format.Identity{Epoch: r.epoch(i), Seq: p.seq}, p.Octets, p.Offset, p.slot, p.Day}
}

// Identity returns the identity of entry i.
func (r *Entries) Identity(i int) format.Identity {
	return format.Identity{Epoch: r.epoch(i), Seq: r.Entry(i).seq}
}

// epoch returns the open of entry i.
func (r *Entries) epoch(i int) uint32 {
	lo, hi := 0, len(r.runs)
	for hi-lo > 1 {
		if mid := int(uint(lo+hi) / 2); int(r.runs[mid].first) <= i {
			lo = mid
		} else {
			hi = mid
		}
	}
	return r.runs[lo].epoch
}

// Move changes the location of entry i.
func (r *Entries) Move(i int, to Location) {
	p := r.Entry(i)
	p.slot, p.Offset = uint16(to.Slot), to.Offset
}

// Replace replaces entry i by another copy of the same message.
func (r *Entries) Replace(i int, e Entry) { *r.Entry(i) = e.pack() }

func (r Entry) pack() PackedEntry { return PackedEntry{r.Seq, r.Octets, r.Offset, r.Slot, r.Day} }

// add appends an entry. It changes no chunk and no run that a snapshot shares.
func (r *Entries) add(e Entry) {
	if have := r.Room(); r.N == have {
		switch {
		case have >= EntriesPerChunk:
			r.chunks = append(r.chunks, make([]PackedEntry, EntriesPerChunk))
		default: // the first chunk grows until it has the size of the others
			first := make([]PackedEntry, min(EntriesPerChunk, max(4, 2*have)))
			if have > 0 {
				copy(first, r.chunks[0])
			}
			r.chunks = [][]PackedEntry{first}
		}
	}
	if k := len(r.runs); k == 0 || r.runs[k-1].epoch != e.Epoch {
		r.runs = append(r.runs, run{uint32(r.N), e.Epoch})
	}
	r.N++
	*r.Entry(r.N - 1) = e.pack()
}

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
	for k := 1; k < len(r.runs); k++ {
		if r.runs[k-1].epoch >= r.runs[k].epoch {
			return false
		}
	}
	next := 0 // run
	for i := range r.N {
		if next < len(r.runs) && int(r.runs[next].first) == i {
			next++
			continue
		}
		if r.Entry(i-1).seq >= r.Entry(i).seq {
			return false
		}
	}
	return true
}

// Unpacked entries have the epoch of each while they are sorted: 4 more bytes per message, for one
// mailbox at a time.
type unpacked struct {
	*Entries
	epochs []uint32
	less   func(a, b Entry) bool
}

// Sort sorts the entries in place, until Pack is called. It is for the start, when there is no
// snapshot.
func (r *Entries) Sort(less func(a, b Entry) bool) unpacked {
	u := unpacked{r, make([]uint32, r.N), less}
	for k, run := range r.runs {
		end := r.N
		if k+1 < len(r.runs) {
			end = int(r.runs[k+1].first)
		}
		for i := int(run.first); i < end; i++ {
			u.epochs[i] = run.epoch
		}
	}
	sort.Sort(u)
	return u
}

func (u unpacked) At(i int) Entry {
	p := u.Entry(i)
	return Entry{format.Identity{Epoch: u.epochs[i], Seq: p.seq}, p.Octets, p.Offset, p.slot, p.Day}
}

func (u unpacked) Set(i int, e Entry) {
	*u.Entry(i) = e.pack()
	u.epochs[i] = e.Epoch
}

func (u unpacked) Len() int           { return u.N }
func (u unpacked) Less(i, j int) bool { return u.less(u.At(i), u.At(j)) }
func (u unpacked) Swap(i, j int) {
	a, b := u.Entry(i), u.Entry(j)
	*a, *b = *b, *a
	u.epochs[i], u.epochs[j] = u.epochs[j], u.epochs[i]
}

// Pack removes the entries from n on, and the chunks that held no others.
func (u unpacked) Pack(n int) {
	r := u.Entries
	r.N, r.runs = n, nil
	for i, epoch := range u.epochs[:n] {
		if k := len(r.runs); k == 0 || r.runs[k-1].epoch != epoch {
			r.runs = append(r.runs, run{uint32(i), epoch})
		}
	}
	keep := (n + EntriesPerChunk - 1) / EntriesPerChunk
	clear(r.chunks[keep:])
	r.chunks = r.chunks[:keep]
}

// bytes returns how much memory the runs take.
func (r *Entries) bytes() int64 { return 8 * int64(cap(r.runs)) }

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
