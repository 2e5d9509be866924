package flashtest

import (
	"fmt"
	"maps"
	"slices"

	"pillarbox/spool/flash"
)

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

// Stats returns the counters.
func (d *Device) Stats() Stats {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.stats
}

// Handles returns how many files are open, to find one that was never closed.
func (d *Device) Handles() int {
	d.mu.Lock()
	defer d.mu.Unlock()
	total := 0
	for _, n := range d.using {
		total += n
	}
	return total
}

// Bytes returns a copy of what a process reads in the file called name, nil when there is
// none. It counts as no operation and works on a dead device.
func (d *Device) Bytes(name string) []byte {
	d.mu.Lock()
	defer d.mu.Unlock()
	id := d.lookup(name)
	if id == absent {
		return nil
	}
	return d.bytes(id)
}

// Corrupt flips bits of one byte of a file, on the device and in the cache, as age does. It
// panics where there is no such byte.
func (d *Device) Corrupt(name string, off int64, xor byte) {
	d.mu.Lock()
	defer d.mu.Unlock()
	id := d.lookup(name)
	if id == absent || off < 0 || off >= d.inodes[id].size {
		panic(fmt.Sprintf("flashtest: there is no byte %d in %q", off, name))
	}
	d.own(id).flip(off, xor)
}

// Clone returns an independent copy of the device as it is, with what is not synced, counters
// and planned faults, but without handles: what a process finds that starts after another
// one was killed.
func (d *Device) Clone() *Device {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.clone()
}

func (d *Device) clone() *Device {
	d.gen++ // neither side may now change in place what both have
	c := &Device{
		opt: d.opt, names: slices.Clone(d.names), inodes: slices.Clone(d.inodes),
		using: make([]int, len(d.inodes)), writes: d.writes, ops: d.ops, faults: d.faults, stats: d.stats,
	}
	c.faults.once = maps.Clone(d.faults.once)
	return c
}
