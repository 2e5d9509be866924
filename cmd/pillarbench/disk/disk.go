package disk

import (
	"errors"
	"sync"
)

// Sector is what a cut cannot tear, in octets: offsets and lengths of requests are multiples of it.
const Sector = 512

var (
	// errOff: the power is off.
	errOff = errors.New("disk: no power")
	// errCut: the power went at this request.
	errCut = errors.New("disk: the power has gone")
	// errRange: a request reaches past the end, or is not of whole sectors.
	errRange = errors.New("disk: not a range of sectors of this disk")
)

// A Count is what the disk was asked to do since it was made.
type Count struct {
	Reads   int64 // requests
	Writes  int64 // requests, TRIM not among them
	Octets  int64 // written
	Flushes int64 // FLUSH requests, and writes with FUA
	Trims   int64 // requests
}

// Minus returns what was done between d and c.
func (c Count) Minus(d Count) Count {
	return Count{c.Reads - d.Reads, c.Writes - d.Writes, c.Octets - d.Octets, c.Flushes - d.Flushes, c.Trims - d.Trims}
}

// A Disk is a medium in memory with a cache in front of it. Its methods may be called from several goroutines.
type Disk struct {
	mu     sync.Mutex
	change *sync.Cond

	medium  []byte  // what a cut cannot touch
	seen    []byte  // the medium with all that is cached on top: what READ returns
	cache   []write // in the order they came
	count   Count
	stalled bool
	off     bool
	dead    chan struct{} // closed when the power goes
	cutAt   int64         // requests that change something until the cut; 0: none was asked for
}

// A write is one request that waits in the cache.
type write struct {
	offset int64
	data   []byte
}

// New returns a disk with power that holds an image, whose length is a multiple of Sector. The disk keeps image.
func New(image []byte) *Disk {
	d := &Disk{medium: image, seen: append([]byte(nil), image...), dead: make(chan struct{})}
	d.change = sync.NewCond(&d.mu)
	return d
}

// Size returns the length of the disk in octets.
func (d *Disk) Size() int64 { return int64(len(d.medium)) }

// Count returns what the disk did so far.
func (d *Disk) Count() Count {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.count
}

// Medium returns a copy of what a cut would leave for certain.
func (d *Disk) Medium() []byte {
	d.mu.Lock()
	defer d.mu.Unlock()
	return append([]byte(nil), d.medium...)
}

// Stall lets no request that changes something come to an end until Resume or a cut, as a card does that has hung.
func (d *Disk) Stall() { d.stall(true) }

// Resume ends what Stall began.
func (d *Disk) Resume() { d.stall(false) }

func (d *Disk) stall(on bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.stalled = on
	d.change.Broadcast()
}

// read fills p from what the guest has written, cached or not.
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

// write puts data, which it keeps, into the cache, or on the medium when through (FUA).
func (d *Disk) write(data []byte, offset int64, through bool) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if err := d.begin(offset, int64(len(data))); err != nil {
		if err == errCut { // in the middle of it
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

// trim fills a range with zeros, by way of the cache.
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

// flush empties the cache onto the medium.
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

// begin waits while the disk is stalled, and refuses what cannot be done. A cut that is due comes here.
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

// supersede takes a range out of the cache that a write has put on the medium: what was cached for it is older.
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
