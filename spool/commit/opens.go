package commit

import (
	"encoding/binary"
	"fmt"
	"io"
	"sync"

	"pillarbox/spool/index"
)

// An opens is what this open of the spool numbers its messages with: an epoch and a random tag,
// drawn before its first write.
type opens struct {
	mu    sync.Mutex
	drawn bool
	epoch uint32
	tag   uint64
	seq   uint32 // of the next message; owned by the leader
}

// lastSeq leaves a batch room to number its messages before the numbers of an open are used up;
// then it counts as another open.
const lastSeq = 1<<32 - 1<<22

// open draws the epoch of this open before its first write: a number above all that the spool has
// seen, and a random tag that no other copy of the spool will ever draw.
func (o *opens) open(random io.Reader, x *index.Index) (epoch uint32, tag uint64, err error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if !o.drawn {
		err = o.draw(random, x)
	}
	return o.epoch, o.tag, err
}

// number ensures that a batch can number its messages: what open draws is drawn again when its
// numbers are used up. Only the leader calls it.
func (o *opens) number(random io.Reader, x *index.Index) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.drawn && o.seq < lastSeq {
		return nil
	}
	return o.draw(random, x)
}

// last returns the epoch that was drawn last, or that a start has seen.
func (o *opens) last() uint32 {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.epoch
}

// draw is called with mu held.
func (o *opens) draw(random io.Reader, x *index.Index) error {
	var raw [8]byte
	if _, err := io.ReadFull(random, raw[:]); err != nil {
		return fmt.Errorf("spool: no random numbers: %w", err)
	}
	// The index has the tag before a batch with it is written. A refused batch does not take the
	// epoch back: it may be on the device, and its identities are not given again (writePlan).
	o.epoch++
	o.tag = binary.LittleEndian.Uint64(raw[:])
	o.drawn, o.seq = true, 0
	x.SetTag(o.epoch, o.tag)
	return nil
}
