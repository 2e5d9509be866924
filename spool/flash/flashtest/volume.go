package flashtest

import (
	"fmt"
	"os"
	"syscall"

	"pillarbox/spool/flash"
)

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
