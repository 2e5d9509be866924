package flashtest

import (
	"slices"

	"pillarbox/spool/flash"
)

// Sector is the unit in bytes in which a device takes a write or does not.
const Sector = 512

const perPage = flash.Page / Sector

// A content is one page of bytes. It is never changed once it is part of an inode, so that
// any number of devices share it. nil is a page of zeros.
type content [flash.Page]byte

// An inode is the bytes of one file. Only the device that owns it may change it; others
// copy it first.
type inode struct {
	owner *Device
	gen   int // of the owner, when the inode became its own

	size  int64      // bytes, as the process sees it
	room  int64      // bytes that are reserved for it, if more
	least int64      // bytes that a power cut leaves for sure
	most  int64      // bytes that it may leave
	disk  []*content // what the device holds for sure, by page
	open  []pending  // pages about which that is not all, by page number
}

// pending is a page that was written since the last good Sync, or before a failed one.
type pending struct {
	page     int
	written  int        // number of the write that came last, for the order of writes
	seen     *content   // what an ordinary read yields
	versions []*content // what was written over disk, oldest first: the device has some of it
	dirty    bool       // the next Sync will bring what is seen
}

// filled returns an inode of size zeros, durable.
func filled(size int64) *inode { return &inode{size: size, least: size, most: size} }

// own returns inode id of d, to be changed.
func (d *Device) own(id int) *inode {
	n := d.inodes[id]
	if n.owner == d && n.gen == d.gen {
		return n
	}
	mine := *n
	mine.owner, mine.gen = d, d.gen
	mine.disk, mine.open = slices.Clone(n.disk), slices.Clone(n.open)
	d.inodes[id] = &mine
	return &mine
}

// find returns where in n.open page is, or belongs.
func (n *inode) find(page int) (int, bool) {
	return slices.BinarySearchFunc(n.open, page, func(p pending, page int) int { return p.page - page })
}

// at returns what page holds: for an ordinary read, or for an uncached one. An uncached read
// of a dirty page makes the kernel write it first; one that a failed Sync has left is
// clean, and the device answers.
func (n *inode) at(page int, uncached bool) *content {
	if i, ok := n.find(page); ok && (n.open[i].dirty || !uncached) {
		return n.open[i].seen
	}
	return n.held(page)
}

// held returns what the device holds of page for sure.
func (n *inode) held(page int) *content {
	if page < len(n.disk) {
		return n.disk[page]
	}
	return nil
}

// put writes c to page. When the write is not sure to have reached even the cache, what is seen
// stays, and no Sync will bring it.
func (n *inode) put(page int, c *content, written int, sure bool) {
	i, ok := n.find(page)
	if !ok {
		n.open = slices.Insert(n.open, i, pending{page: page, seen: n.held(page)})
	}
	p := &n.open[i]
	p.written = written
	p.versions = append(p.versions[:len(p.versions):len(p.versions)], c)
	end := int64(page+1) * flash.Page
	n.most = max(n.most, end)
	if sure {
		p.seen, p.dirty = c, true
		n.size = max(n.size, end)
	}
}

// settle is a good Sync: dirty pages are on the device. What an earlier failed Sync or a
// failed write has left in doubt stays so.
func (n *inode) settle() {
	doubtful := make([]pending, 0, len(n.open))
	for _, p := range n.open {
		if !p.dirty {
			doubtful = append(doubtful, p)
			continue
		}
		n.keep(p.page, p.seen)
		n.least = max(n.least, int64(p.page+1)*flash.Page)
		if last := slices.Index(p.versions, p.seen); last+1 < len(p.versions) {
			p.versions, p.dirty = p.versions[last+1:], false
			doubtful = append(doubtful, p)
		}
	}
	n.open = doubtful
}

// keep puts c on the device for good.
func (n *inode) keep(page int, c *content) {
	for len(n.disk) <= page {
		n.disk = append(n.disk, nil)
	}
	n.disk[page] = c
}

// lose is a failed Sync: the kernel marks the pages clean, and whether the device has any of
// them only a power cut will show.
func (n *inode) lose() {
	for i := range n.open {
		n.open[i].dirty = false
	}
}

// read copies from off into p and returns how many bytes there were.
func (n *inode) read(p []byte, off int64, uncached bool) int {
	total := 0
	for total < len(p) && off < n.size {
		page, in := int(off/flash.Page), int(off%flash.Page)
		piece := p[total:min(int64(len(p)), int64(total)+n.size-off)]
		piece = piece[:min(len(piece), flash.Page-in)]
		if c := n.at(page, uncached); c != nil {
			copy(piece, c[in:])
		} else {
			clear(piece)
		}
		total += len(piece)
		off += int64(len(piece))
	}
	return total
}

// flip changes one byte wherever it is held, in every version of it.
func (n *inode) flip(off int64, xor byte) {
	page, in := int(off/flash.Page), off%flash.Page
	flipped := func(c *content) *content {
		changed := new(content)
		if c != nil {
			*changed = *c
		}
		changed[in] ^= xor
		return changed
	}
	n.keep(page, flipped(n.held(page)))
	i, ok := n.find(page)
	if !ok {
		return
	}
	p := &n.open[i]
	versions := make([]*content, len(p.versions))
	for j, c := range p.versions {
		versions[j] = flipped(c)
	}
	if j := slices.Index(p.versions, p.seen); j >= 0 {
		p.seen = versions[j]
	} else {
		p.seen = n.held(page)
	}
	p.versions = versions
}
