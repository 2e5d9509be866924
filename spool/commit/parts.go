package commit

import (
	"encoding/binary"
	"fmt"
	"io"
	"sync"
	"sync/atomic"

	"pillarbox/spool/format"
	"pillarbox/spool/index"
	"pillarbox/spool/slots"
)

// Options are what a log is made with.
type Options struct {
	Format   *format.Format
	Table    *slots.Table
	Index    *index.Index
	Rand     io.Reader // where tags come from
	ReadOnly bool      // every commit is refused
	Wake     func()    // called when Maintain has something to do; it must not block

	// Upgrade makes the spool one of version 2, durably.
	Upgrade func() error
}

// parts is what everything in a log needs: the leader, the bulks and the cleaner. Each part has its
// own lock, or none.
type parts struct {
	opt     Options
	table   slots.Writer
	cleaned slots.Cleaning

	opens    opens
	meter    meter
	progress progress
	staging  Staging

	version   atomic.Int32 // of the format; it grows once
	reclaimed atomic.Int64 // records that retired or carried something
	retired   atomic.Int64 // segments that those records retired
}

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

// Counters are what a log counts.
type Counters struct {
	Lifetime format.Lifetime // as of the last batch
	ReadOnly bool            // the device refused a batch twice; the next one that it takes ends it
	Damaged  int             // records that did not verify, since the start
}

// A meter guards the counters. Its lock is a leaf: nothing is called with it held.
type meter struct {
	mu       sync.Mutex
	counters Counters
}

// update changes the counters.
func (m *meter) update(change func(c *Counters)) {
	m.mu.Lock()
	defer m.mu.Unlock()
	change(&m.counters)
}

func (m *meter) read() Counters {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.counters
}

// damage counts records that did not verify.
func (m *meter) damage(records int) {
	m.update(func(c *Counters) { c.Damaged += records })
}

// A progress distinguishes writers that get on from writers that hang, without a lock that one of
// them might hold.
type progress struct {
	busy  atomic.Int64  // commits and extents that are waited for
	steps atomic.Uint64 // that were made: ended waits, begun batches
}

func (p *progress) begin() { p.busy.Add(1) }

func (p *progress) end() {
	p.steps.Add(1)
	p.busy.Add(-1)
}

func (p *progress) step() { p.steps.Add(1) }
