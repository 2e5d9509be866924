package flashtest

import (
	"io"
	"os"
	"syscall"

	"pillarbox/spool/flash"
)

// A file is one handle of a file on a Device.
type file struct {
	device *Device
	name   string
	id     int
	closed bool // guarded by device.mu
}

func (d *Device) handle(name string, id int) *file {
	d.using[id]++
	return &file{device: d, name: name, id: id}
}

// ReadAt reads what the process has written, whatever the device has of it.
func (f *file) ReadAt(p []byte, off int64) (int, error) { return f.read("read", p, off, false) }

// ReadUncached reads what the device holds.
func (f *file) ReadUncached(p []byte, off int64) (int, error) {
	if err := flash.Whole(p, off); err != nil {
		return 0, err
	}
	return f.read("read uncached", p, off, true)
}

func (f *file) read(op string, p []byte, off int64, uncached bool) (int, error) {
	d := f.device
	d.mu.Lock()
	defer d.mu.Unlock()
	if f.closed {
		return 0, refusal(op, f.name, os.ErrClosed)
	}
	if off < 0 {
		return 0, refusal(op, f.name, syscall.EINVAL)
	}
	if err := d.look(op, f.name); err != nil {
		return 0, err
	}
	d.stats.Reads++
	n := d.inodes[f.id].read(p, off, uncached)
	if n < len(p) {
		return n, io.EOF
	}
	return n, nil
}

// WriteAt writes whole pages into the volatile cache.
func (f *file) WriteAt(p []byte, off int64) (int, error) {
	if err := flash.Whole(p, off); err != nil {
		return 0, err
	}
	d := f.device
	d.mu.Lock()
	defer d.mu.Unlock()
	if f.closed {
		return 0, refusal("write", f.name, os.ErrClosed)
	}
	if len(p) == 0 {
		return 0, nil
	}
	what, err := d.begin("write", f.name)
	grown := max(0, off+int64(len(p))-d.inodes[f.id].size)
	if err == nil && d.used()+max(0, off+int64(len(p))-d.inodes[f.id].takes()) > d.opt.Capacity {
		what, err = none, refusal("write", f.name, syscall.ENOSPC)
	}
	switch what {
	case done:
		f.put(p, off, true)
		d.stats.wrote(len(p), grown)
		return len(p), nil
	case half:
		n := len(p) / flash.Page / 2 * flash.Page
		f.put(p[:n], off, true)
		return n, err
	case unsure:
		f.put(p, off, false)
	}
	return 0, err
}

// put hands whole pages to the inode.
func (f *file) put(p []byte, off int64, sure bool) {
	d := f.device
	n := d.own(f.id)
	d.writes++
	pages := make([]content, len(p)/flash.Page)
	for i := range pages {
		copy(pages[i][:], p[i*flash.Page:])
		n.put(int(off/flash.Page)+i, &pages[i], d.writes, sure)
	}
}

// Sync makes what was written durable.
func (f *file) Sync() error {
	d := f.device
	d.mu.Lock()
	defer d.mu.Unlock()
	if f.closed {
		return refusal("sync", f.name, os.ErrClosed)
	}
	if d.faults.dead {
		return refusal("sync", f.name, ErrPowerCut)
	}
	what, err := d.begin("sync", f.name)
	if what == done {
		d.stats.synced()
		d.own(f.id).settle()
	} else {
		d.own(f.id).lose()
	}
	return err
}

// Reserve reserves room for the file. It changes no byte, so it is not an operation that can be cut
// or fail.
func (f *file) Reserve(size int64) error {
	d := f.device
	d.mu.Lock()
	defer d.mu.Unlock()
	if f.closed {
		return refusal("reserve", f.name, os.ErrClosed)
	}
	if d.faults.dead {
		return refusal("reserve", f.name, ErrPowerCut)
	}
	if d.opt.NoReserve {
		return refusal("reserve", f.name, syscall.EOPNOTSUPP)
	}
	if d.used()+max(0, size-d.inodes[f.id].takes()) > d.opt.Capacity {
		return refusal("reserve", f.name, syscall.ENOSPC)
	}
	n := d.own(f.id)
	n.room = max(n.room, size)
	return nil
}

// Handle returns nil: the bytes lie in no real file.
func (f *file) Handle() *os.File { return nil }

// Close closes the handle.
func (f *file) Close() error {
	d := f.device
	d.mu.Lock()
	defer d.mu.Unlock()
	if f.closed {
		return refusal("close", f.name, os.ErrClosed)
	}
	f.closed = true
	d.using[f.id]--
	return nil
}
