package flashtest

import (
	"fmt"
	"maps"
	"slices"
)

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
