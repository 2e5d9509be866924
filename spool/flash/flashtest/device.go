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
