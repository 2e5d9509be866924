package index

import (
	"math/bits"

	"pillarbox/spool/format"
)

// A UIDCount sums what imported unique-ids of a mailbox will take at most, without keeping them. It
// is for a start, which has to know that before it has the memory. Characters that differ count as
// if none could be written shorter, so that the sum is less than twice what they take. The end of
// the last chunk does not count.
type UIDCount struct {
	Bytes int64

	before format.Identity
	text   [format.MaxUID]byte
	length uint8
	block  int // how many the block has
	chunk  int // bytes that the chunk has
}

// Add counts a unique-id. They come in the order in which they will be added.
func (c *UIDCount) Add(id format.Identity, uid []byte) {
	uid = uid[:min(len(uid), format.MaxUID)]
	if c.chunk > uidChunk-mostUIDBytes {
		c.Bytes += int64(uidChunk - c.chunk)
		c.block, c.chunk = 0, 0
	}
	if c.block == 0 || c.block == uidsPerBlock || id.Epoch != c.before.Epoch || id.Compare(c.before) <= 0 {
		c.Bytes += uidBlockBytes
		c.before, c.length, c.block = id, 0, 0
	}
	front, back := common(c.text[:c.length], uid)
	size := 1 + bits.Len32(id.Seq-c.before.Seq)/7 + 3 + len(uid) - front - back
	c.Bytes += int64(size)
	c.chunk += size
	c.before, c.length = id, uint8(copy(c.text[:], uid))
	c.block++
}

// Join adds what was counted of another part of the mailbox.
func (c *UIDCount) Join(part *UIDCount) { c.Bytes += part.Bytes }
