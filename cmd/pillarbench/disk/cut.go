package disk

import (
	"fmt"
	"math/rand/v2"
)

// A Fate is what happens to the cache at a cut.
type Fate uint8

const (
	// Drop loses all that was not flushed.
	Drop Fate = iota
	// Keep loses nothing, as a disk with backup power does.
	Keep
	// Tear keeps a random part: of each write nothing, all, or some of its sectors.
	Tear
)

// Fates are all fates in order.
var Fates = [...]Fate{Drop, Keep, Tear}

// String returns the name of a fate.
func (f Fate) String() string {
	switch f {
	case Drop:
		return "drop"
	case Keep:
		return "keep"
	case Tear:
		return "tear"
	}
	return fmt.Sprintf("fate %d", uint8(f))
}

// CutAt cuts the power at the n-th request from now that writes, trims or flushes; 1 is the next.
// That request gets no reply: a flush or trim is not done, and a write shares the fate of the
// cached ones.
func (d *Disk) CutAt(n int64) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.cutAt = n
}

// Cut cuts the power at once.
func (d *Disk) Cut() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.lose()
}

// Dead is closed when the power was cut.
func (d *Disk) Dead() <-chan struct{} {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.dead
}

// Power applies a fate to the cache and turns the power on. It returns how many writes were
// cached, and how many of their sectors survived. Only Tear uses chance.
func (d *Disk) Power(fate Fate, chance *rand.Rand) (writes, sectors int) {
	d.mu.Lock()
	defer d.mu.Unlock()
	writes = len(d.cache)
	for _, w := range d.cache {
		sectors += d.survive(w, fate, chance)
	}
	for _, w := range d.cache {
		copy(d.seen[w.offset:][:len(w.data)], d.medium[w.offset:])
	}
	d.cache, d.off, d.stalled = nil, false, false
	d.dead = make(chan struct{})
	return writes, sectors
}

// survive writes to the medium what is left of a cached write, and returns the number of sectors.
func (d *Disk) survive(w write, fate Fate, chance *rand.Rand) (sectors int) {
	keep := func() bool { return fate == Keep }
	if fate == Tear {
		switch chance.IntN(3) {
		case 0: // nothing
		case 1:
			keep = func() bool { return true }
		case 2:
			keep = func() bool { return chance.IntN(2) == 0 }
		}
	}
	for at := 0; at < len(w.data); at += Sector {
		if keep() {
			copy(d.medium[w.offset:][at:], w.data[at:at+Sector])
			sectors++
		}
	}
	return sectors
}
