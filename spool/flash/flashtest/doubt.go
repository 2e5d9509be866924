package flashtest

import (
	"cmp"
	"math/rand/v2"
	"slices"

	"pillarbox/spool/flash"
)

// A doubt is one sector about which the device is free at a power cut: what was written over
// it differs from what the device holds for sure.
type doubt struct {
	file   int // in the names of its world
	page   int
	sector int // in the page: 0 to 7
	order  int // number of the write that came last
	news   int // how many versions were written
}

// A fate is what becomes of one sector in doubt, as a letter of an outcome's name.
type fate byte

const (
	dropped fate = '.' // old bytes
	kept    fate = '+' // the last bytes written
	torn    fate = 't' // the first 256 bytes new, the rest old
	reverse fate = 'T' // the first 256 bytes old, the rest new
	garbled fate = 'g' // random bytes
	first   fate = 'a' // the first bytes written, of several writes; 'b' the second, to 'f'
)

// doubts returns the sectors in doubt of files, in the order of writing. Those of one page
// follow one another.
func (d *Device) doubts(files []binding) []doubt {
	var all []doubt
	for i, b := range files {
		n := d.inodes[b.now]
		for j := range n.open {
			p := &n.open[j]
			for s := range perPage {
				if p.differs(n.held(p.page), s) {
					all = append(all, doubt{i, p.page, s, p.written, len(p.versions)})
				}
			}
		}
	}
	slices.SortStableFunc(all, func(a, b doubt) int { return cmp.Compare(a.order, b.order) })
	return all
}

// differs reports whether any version has other bytes in sector s than old.
func (p *pending) differs(old *content, s int) bool {
	for _, c := range p.versions {
		if *sectorOf(c, s) != *sectorOf(old, s) {
			return true
		}
	}
	return false
}

// sectorOf returns sector s of c.
func sectorOf(c *content, s int) *[Sector]byte {
	if c == nil {
		return new([Sector]byte)
	}
	return (*[Sector]byte)(c[s*Sector:])
}

// decide applies the fates of one page's sectors: doubts[i] is in p and gets fates[i]. It shares
// whole pages where it can.
func (p *pending) decide(old *content, doubts []doubt, fates []fate, rng *rand.Rand) *content {
	last := p.versions[len(p.versions)-1]
	switch {
	case all(fates, dropped):
		return old
	case all(fates, kept):
		return last
	}
	c := new(content)
	if old != nil {
		*c = *old
	}
	for i, f := range fates {
		s := doubts[i].sector
		into, young := sectorOf(c, s), sectorOf(last, s)
		switch f {
		case dropped:
		case kept:
			*into = *young
		case torn:
			copy(into[:Sector/2], young[:Sector/2])
		case reverse:
			copy(into[Sector/2:], young[Sector/2:])
		case garbled:
			for j := range into {
				into[j] = byte(rng.Uint32())
			}
		default:
			*into = *sectorOf(p.versions[f-first], s)
		}
	}
	return c
}

func all(fates []fate, want fate) bool {
	for _, f := range fates {
		if f != want {
			return false
		}
	}
	return true
}

// A length is what becomes of the size of a file that has grown since the last good Sync.
type length byte

const (
	longest length = 'L' // all that was written, zeros where a page was dropped
	pages   length = 'P' // up to the last page of which anything was kept
	ragged  length = 'R' // up to the last sector of which anything was kept
)

// cut returns the size of n, which is file in the doubts, when they had these fates.
func (n *inode) cut(l length, file int, doubts []doubt, fates []fate) int64 {
	if l == longest || n.most == n.least {
		return n.most
	}
	size := n.least
	for i, f := range fates {
		if x := doubts[i]; x.file == file && f != dropped {
			size = max(size, x.end(l))
		}
	}
	return size
}

// end returns where the file ends when x is the last that was kept of it.
func (x doubt) end(l length) int64 {
	if l == pages {
		return int64(x.page+1) * flash.Page
	}
	return int64(x.page)*flash.Page + int64(x.sector+1)*Sector
}
