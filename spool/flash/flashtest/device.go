package flashtest

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"sync"
	"syscall"

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

// Mode returns how slots live here.
func (d *Device) Mode() flash.Mode { return d.opt.Mode }

// Names returns the names of the files, sorted.
func (d *Device) Names() ([]string, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if err := d.look("readdir", "."); err != nil {
		return nil, err
	}
	var names []string
	for _, b := range d.names {
		if b.now != absent {
			names = append(names, b.name)
		}
	}
	return names, nil
}

// Create makes a slot file. Cut in it, the file may be there, whole, or not.
func (d *Device) Create(name string, size int64) (flash.File, error) {
	if err := flash.CheckName(name); err != nil {
		return nil, err
	}
	if d.opt.Mode == flash.Append {
		size = 0
	} else if size <= 0 || size%flash.Page != 0 {
		return nil, fmt.Errorf("flashtest: a slot of %d bytes is not whole pages", size)
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.lookup(name) != absent {
		return nil, refusal("create", name, os.ErrExist)
	}
	what, err := d.begin("create", name)
	if err == nil && d.used()+size > d.opt.Capacity {
		what, err = none, refusal("create", name, syscall.ENOSPC)
	}
	switch what {
	case done:
		d.stats.created(size)
		id := d.add(filled(size))
		d.bind(name).now = id
		d.flushFolder()
		return d.handle(name, id), nil
	case unsure:
		d.bind(name).may(d.add(filled(size)))
	}
	return nil, err
}

// Open opens an existing file.
func (d *Device) Open(name string) (flash.File, error) {
	if err := flash.CheckName(name); err != nil {
		return nil, err
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if err := d.look("open", name); err != nil {
		return nil, err
	}
	id := d.lookup(name)
	if id == absent {
		return nil, refusal("open", name, os.ErrNotExist)
	}
	return d.handle(name, id), nil
}

// Remove removes a file. After a power cut the file may be back, until the folder was flushed.
func (d *Device) Remove(name string) error {
	if err := flash.CheckName(name); err != nil {
		return err
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	id := d.lookup(name)
	if id == absent && !d.faults.dead {
		return refusal("remove", name, os.ErrNotExist)
	}
	what, err := d.begin("remove", name)
	switch what {
	case done:
		d.stats.Removes++
		b := d.bind(name)
		b.now = absent
		b.may(id)
	case unsure:
		d.bind(name).may(absent)
	}
	return err
}

// Load reads a small file whole.
func (d *Device) Load(name string) ([]byte, error) {
	if err := flash.CheckName(name); err != nil {
		return nil, err
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if err := d.look("load", name); err != nil {
		return nil, err
	}
	id := d.lookup(name)
	if id == absent {
		return nil, refusal("load", name, os.ErrNotExist)
	}
	return d.bytes(id), nil
}

// Store replaces a small file. Cut in it, the file has the old or the new content.
func (d *Device) Store(name string, data []byte) error {
	if err := flash.CheckName(name); err != nil {
		return err
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	what, err := d.begin("store", name)
	if err == nil && d.used()+int64(len(data)) > d.opt.Capacity {
		what, err = none, refusal("store", name, syscall.ENOSPC)
	}
	switch what {
	case done:
		d.stats.stored(len(data))
		d.bind(name).now = d.add(small(data))
		d.flushFolder()
	case unsure:
		d.bind(name).may(d.add(small(data)))
	}
	return err
}

// small returns the inode of a small file, durable as it is.
func small(data []byte) *inode {
	n := filled(int64(len(data)))
	for len(data) > 0 {
		c := new(content)
		data = data[copy(c[:], data):]
		n.disk = append(n.disk, c)
	}
	return n
}

// Free returns the room that is left in bytes.
func (d *Device) Free() (int64, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.faults.dead {
		return 0, ErrPowerCut
	}
	return max(0, d.opt.Capacity-d.used()), nil
}

// Close does nothing: a device outlives the process that used it.
func (d *Device) Close() error { return nil }

// lookup returns the id of the file called name, or absent.
func (d *Device) lookup(name string) int {
	if i, ok := d.search(name); ok {
		return d.names[i].now
	}
	return absent
}

func (d *Device) search(name string) (int, bool) {
	return slices.BinarySearchFunc(d.names, name, func(b binding, name string) int {
		return strings.Compare(b.name, name)
	})
}

// bind returns the binding of name, for changing it.
func (d *Device) bind(name string) *binding {
	i, ok := d.search(name)
	if !ok {
		d.names = slices.Insert(d.names, i, binding{name: name, now: absent})
	}
	return &d.names[i]
}

// may adds what the name may stand for after a power cut.
func (b *binding) may(id int) { b.others = append(slices.Clone(b.others), id) }

// flushFolder makes every name stand for what the process sees.
func (d *Device) flushFolder() {
	for i := range d.names {
		d.names[i].others = nil
	}
	d.names = slices.DeleteFunc(d.names, func(b binding) bool { return b.now == absent })
}

// add gives n an id.
func (d *Device) add(n *inode) int {
	n.owner, n.gen = d, d.gen
	d.inodes = append(d.inodes, n)
	d.using = append(d.using, 0)
	return len(d.inodes) - 1
}

// used returns the bytes of all files that have a name or a handle.
func (d *Device) used() int64 {
	total := int64(0)
	for _, b := range d.names {
		if b.now != absent && d.using[b.now] == 0 {
			total += d.inodes[b.now].takes()
		}
	}
	for id, handles := range d.using {
		if handles > 0 {
			total += d.inodes[id].takes()
		}
	}
	return total
}

func (d *Device) bytes(id int) []byte {
	p := make([]byte, d.inodes[id].size)
	d.inodes[id].read(p, 0, false)
	return p
}
