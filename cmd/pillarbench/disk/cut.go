package disk

import (
	"fmt"
	"math/rand/v2"
)

// A Fate is what becomes of the cache at a cut.
type Fate uint8

const (
	// Drop loses all that no flush has covered.
	Drop Fate = iota
	// Keep loses nothing: the power went, and the disk had reserves.
	Keep
	// Tear keeps a chance part: of each write nothing, all, or some of its sectors.
	Tear
)

// Fates are all of them, in order.
var Fates = [...]Fate{Drop, Keep, Tear}

// String returns the word for a report.
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

// CutAt lets the power go at the n-th request from now that writes, trims or flushes; 1 is the next. That request
// is not answered: a flush or trim is not done, and a write has the fate of those that are cached.
func (d *Disk) CutAt(n int64) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.cutAt = n
}

// Cut lets the power go at once.
func (d *Disk) Cut() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.lose()
}

// Dead is closed when the power has gone.
func (d *Disk) Dead() <-chan struct{} {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.dead
}

func (d *Disk) lose() {
	if d.off {
		return
	}
	d.off, d.cutAt = true, 0
	close(d.dead)
	d.change.Broadcast()
}

// Power decides what the cut has left of the cache, and gives the power back. It returns how many writes were
// cached, and how many of their sectors came through. Chance is asked only for Tear.
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

// survive puts on the medium what is left of one cached write, and returns how many sectors that is.
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
