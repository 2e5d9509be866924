package disk

import (
	"errors"
	"sync"
)

// Sector is the unit in octets that a cut cannot tear. Offsets and lengths of requests are
// multiples of it.
const Sector = 512

var (
	// errOff is returned while the power is off.
	errOff = errors.New("disk: no power")
	// errCut is returned by the request at which the power was cut.
	errCut = errors.New("disk: the power has gone")
	// errRange is returned if a request reaches past the end or is not of whole sectors.
	errRange = errors.New("disk: not a range of sectors of this disk")
)

// A Count is the requests to a disk since it was made.
type Count struct {
	Reads   int64 // requests
	Writes  int64 // requests without TRIM
	Octets  int64 // written
	Flushes int64 // FLUSH requests, and writes with FUA
	Trims   int64 // requests
}

// Minus returns the requests between d and c.
func (c Count) Minus(d Count) Count {
	return Count{c.Reads - d.Reads, c.Writes - d.Writes, c.Octets - d.Octets, c.Flushes - d.Flushes, c.Trims - d.Trims}
}

// A Disk is a medium in memory with a cache in front of it. Its methods may be called concurrently.
type Disk struct {
	mu     sync.Mutex
	change *sync.Cond

	medium  []byte  // what survives every cut
	seen    []byte  // what READ returns: the medium with all cached writes applied
	cache   []write // in the order of requests
	count   Count
	stalled bool
	off     bool
	dead    chan struct{} // closed when the power is cut
	cutAt   int64         // changing requests until the cut; 0 if none is planned
}

// A write is a request in the cache.
type write struct {
	offset int64
	data   []byte
}

// New returns a disk that contains an image, whose length is a multiple of Sector, and is turned
// on. The disk keeps image.
func New(image []byte) *Disk {
	d := &Disk{medium: image, seen: append([]byte(nil), image...), dead: make(chan struct{})}
	d.change = sync.NewCond(&d.mu)
	return d
}

// Size returns the length of the disk in octets.
func (d *Disk) Size() int64 { return int64(len(d.medium)) }

// Count returns the requests so far.
func (d *Disk) Count() Count {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.count
}

// Medium returns a copy of what would survive every cut.
func (d *Disk) Medium() []byte {
	d.mu.Lock()
	defer d.mu.Unlock()
	return append([]byte(nil), d.medium...)
}

// Stall blocks requests that change something until Resume or a cut, as a card that hangs does.
func (d *Disk) Stall() { d.stall(true) }

// Resume ends a Stall.
func (d *Disk) Resume() { d.stall(false) }

func (d *Disk) stall(on bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.stalled = on
	d.change.Broadcast()
}

// read fills p with what the guest has written, cached or not.
func (d *Disk) read(p []byte, offset int64) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.off {
		return errOff
	}
	if !d.whole(offset, int64(len(p))) {
		return errRange
	}
	d.count.Reads++
	copy(p, d.seen[offset:])
	return nil
}

// write puts data, which it keeps, into the cache, or on the medium if through is true (FUA).
func (d *Disk) write(data []byte, offset int64, through bool) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if err := d.begin(offset, int64(len(data))); err != nil {
		if err == errCut { // at this write
			d.cache = append(d.cache, write{offset, data})
		}
		return err
	}
	d.count.Writes++
	d.count.Octets += int64(len(data))
	copy(d.seen[offset:], data)
	if !through {
		d.cache = append(d.cache, write{offset, data})
		return nil
	}
	d.count.Flushes++
	copy(d.medium[offset:], data)
	d.supersede(offset, int64(len(data)))
	return nil
}

// trim fills a range with zeros through the cache.
func (d *Disk) trim(offset, length int64) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if err := d.begin(offset, length); err != nil {
		return err
	}
	d.count.Trims++
	clear(d.seen[offset : offset+length])
	d.cache = append(d.cache, write{offset, make([]byte, length)})
	return nil
}

// flush writes the cache to the medium.
func (d *Disk) flush() error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if err := d.begin(0, 0); err != nil {
		return err
	}
	d.count.Flushes++
	for _, w := range d.cache {
		copy(d.medium[w.offset:], w.data)
	}
	d.cache = nil
	return nil
}

// begin waits while the disk is stalled, and rejects invalid requests. It cuts the power if that
// is due.
func (d *Disk) begin(offset, length int64) error {
	for d.stalled && !d.off {
		d.change.Wait()
	}
	if d.off {
		return errOff
	}
	if !d.whole(offset, length) {
		return errRange
	}
	if d.cutAt > 0 {
		if d.cutAt--; d.cutAt == 0 {
			d.lose()
			return errCut
		}
	}
	return nil
}

func (d *Disk) whole(offset, length int64) bool {
	return offset >= 0 && length >= 0 && offset <= d.Size()-length && offset%Sector == 0 && length%Sector == 0
}

// supersede removes a range from the cache after a write to the medium, because what was cached
// for it is older.
func (d *Disk) supersede(offset, length int64) {
	var kept []write
	for _, w := range d.cache {
		end := w.offset + int64(len(w.data))
		if end <= offset || w.offset >= offset+length {
			kept = append(kept, w)
			continue
		}
		if w.offset < offset {
			kept = append(kept, write{w.offset, w.data[:offset-w.offset]})
		}
		if end > offset+length {
			kept = append(kept, write{offset + length, w.data[offset+length-w.offset:]})
		}
	}
	d.cache = kept
}

func (d *Disk) lose() {
	if d.off {
		return
	}
	d.off, d.cutAt = true, 0
	close(d.dead)
	d.change.Broadcast()
}
