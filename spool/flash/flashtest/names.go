package flashtest

import (
	"slices"
	"strings"
)

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
