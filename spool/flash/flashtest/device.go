package flashtest

import (
	"slices"
	"sync"

	"pillarbox/spool/flash"
)

// Options say what kind of device New makes.
type Options struct {
	// Mode is how slots live; 0 is flash.Recycle.
	Mode flash.Mode
	// Capacity is the room for files in bytes; 0 is 1 GiB. Beyond it is ENOSPC.
	Capacity int64
	// CountReads counts reads as operations, so that they can fail and be cut as well.
	CountReads bool
	// NoReserve makes File.Reserve return errors.ErrUnsupported.
	NoReserve bool
}

// A Device is a flash.Volume in memory with a volatile cache. It may be used from several
// goroutines. A new process, after a kill, goes on with a Clone of it; after a power cut
// with one of its Outcomes.
type Device struct {
	opt Options

	mu     sync.Mutex
	names  []binding // sorted by name
	inodes []*inode  // by id
	using  []int     // open handles, by id
	gen    int       // increases when another device begins to share the inodes
	writes int       // numbers the writes
	ops    int
	faults faults
	stats  Stats
}

// absent is the id of no file.
const absent = -1

// A binding is what a name stands for: one inode as the process sees it, and others that it
// may stand for after a power cut.
type binding struct {
	name   string
	now    int
	others []int // never written to in place
}

// New returns an empty device.
func New(opt Options) *Device {
	if opt.Mode == 0 {
		opt.Mode = flash.Recycle
	}
	if opt.Capacity == 0 {
		opt.Capacity = 1 << 30
	}
	return &Device{opt: opt}
}

// Sector is the unit in bytes in which a device takes a write or does not.
const Sector = 512

const perPage = flash.Page / Sector

// A content is one page of bytes. It is never changed once it is part of an inode, so that
// any number of devices share it. nil is a page of zeros.
type content [flash.Page]byte

// An inode is the bytes of one file. Only the device that owns it may change it; others
// copy it first.
type inode struct {
	owner *Device
	gen   int // of the owner, when the inode became its own

	size  int64      // bytes, as the process sees it
	room  int64      // bytes that are reserved for it, if more
	least int64      // bytes that a power cut leaves for sure
	most  int64      // bytes that it may leave
	disk  []*content // what the device holds for sure, by page
	open  []pending  // pages about which that is not all, by page number
}

// pending is a page that was written since the last good Sync, or before a failed one.
type pending struct {
	page     int
	written  int        // number of the write that came last, for the order of writes
	seen     *content   // what an ordinary read yields
	versions []*content // what was written over disk, oldest first: the device has some of it
	dirty    bool       // the next Sync will bring what is seen
}

// own returns inode id of d, to be changed.
func (d *Device) own(id int) *inode {
	n := d.inodes[id]
	if n.owner == d && n.gen == d.gen {
		return n
	}
	mine := *n
	mine.owner, mine.gen = d, d.gen
	mine.disk, mine.open = slices.Clone(n.disk), slices.Clone(n.open)
	d.inodes[id] = &mine
	return &mine
}

// Stats count what reached the device since it was made, as the counters of a block device
// would; what a file system adds for its journal is not in them. Operations that failed are
// not counted.
type Stats struct {
	Writes  int   // calls of WriteAt
	Syncs   int   // calls of Sync
	Creates int   // slots made
	Removes int   // files removed
	Stores  int   // small files replaced
	Reads   int   // calls of ReadAt and ReadUncached
	Flushes int   // flushes of the device: one a Sync, two a Create, two a Store
	Bytes   int64 // bytes programmed, whole pages: by WriteAt, Store and Create
	Filled  int64 // those of them that were the zeros of Create
	Grown   int64 // bytes by which WriteAt made files longer: none where slots are recycled
}

// Sub returns what was counted between the moment of before and the moment of s.
func (s Stats) Sub(before Stats) Stats {
	return Stats{
		Writes: s.Writes - before.Writes, Syncs: s.Syncs - before.Syncs,
		Creates: s.Creates - before.Creates, Removes: s.Removes - before.Removes,
		Stores: s.Stores - before.Stores, Reads: s.Reads - before.Reads,
		Flushes: s.Flushes - before.Flushes, Bytes: s.Bytes - before.Bytes,
		Filled: s.Filled - before.Filled, Grown: s.Grown - before.Grown,
	}
}

func (s *Stats) wrote(bytes int, grown int64) {
	s.Writes++
	s.Bytes += int64(bytes)
	s.Grown += grown
}

func (s *Stats) synced() {
	s.Syncs++
	s.Flushes++
}

func (s *Stats) created(size int64) {
	s.Creates++
	s.Flushes += 2
	s.Bytes += size
	s.Filled += size
}

func (s *Stats) stored(bytes int) {
	s.Stores++
	s.Flushes += 2
	s.Bytes += int64(bytes+flash.Page-1) / flash.Page * flash.Page
}
