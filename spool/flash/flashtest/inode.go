package flashtest

import (
	"slices"

	"pillarbox/spool/flash"
)

// filled returns an inode of size zeros, durable.
func filled(size int64) *inode { return &inode{size: size, least: size, most: size} }

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

// takes returns how many bytes of the device the file takes.
func (n *inode) takes() int64 { return max(n.size, n.room) }
