package outbound

import (
	"hash/maphash"
	"slices"
)

// maxCopies is how many Message-IDs are known at a time, with about 100 octets for each.
const maxCopies = 1024

// copies says which parcel may have put a copy with some Message-ID into the folder of sent mail.
// A client that sends one message in several transactions, or to each recipient alone, makes
// several parcels of it. Queue.mu guards it.
type copies struct {
	seed  maphash.Seed
	of    map[uint64]string // the parcel, by the hash of the Message-ID; "": several
	order []uint64          // the one that was added longest ago first
}

func newCopies() *copies {
	return &copies{seed: maphash.MakeSeed(), of: map[uint64]string{}}
}

// add notes that a parcel may have put a copy there.
func (c *copies) add(messageID, parcel string) {
	h := maphash.String(c.seed, messageID)
	if other, ok := c.of[h]; ok {
		if other != parcel {
			parcel = ""
		}
		at := slices.Index(c.order, h)
		c.order = slices.Delete(c.order, at, at+1)
	}
	if len(c.order) >= maxCopies {
		delete(c.of, c.order[0])
		c.order = slices.Delete(c.order, 0, 1)
	}
	c.of[h], c.order = parcel, append(c.order, h)
}

// only reports whether a copy can be of no other parcel.
func (c *copies) only(messageID, parcel string) bool {
	return c.of[maphash.String(c.seed, messageID)] == parcel
}
