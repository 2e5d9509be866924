package spool

import (
	"encoding/binary"
	"fmt"
	"io"
	"sync"

	"pillarbox/spool/flash"
)

// A fact is what becomes one record of the log.
type fact interface {
	// weight is about how many bytes it takes, to decide how many facts make a batch.
	weight() int64
	// record says what to write, as things stand now; ok is false when there is nothing to write. It
	// is asked twice, and the last answer counts. Spool.mu is held.
	record(s *Spool) (r logRecord, ok bool)
	// settle tells the index and the footer of the segment, after the flush. Spool.mu is held.
	settle(s *Spool, sl *slot, offset int64, foot *footer)
}

// A logRecord is a record that is about to be written.
type logRecord struct {
	kind kind
	meta []byte
	body [][]byte

	recipients   int
	mail, copied int64 // how many bytes of the body are new mail and moved mail, for the lifetime counters
}

func (r *logRecord) size() int64 {
	n := int64(frameSize + len(r.meta))
	for _, part := range r.body {
		n += int64(len(part))
	}
	return n
}

// An appender is the only writer of the log. Whoever commits a fact while nobody writes becomes the leader: it writes
// all that waits, itself first, in one batch with one flush. Who comes meanwhile waits for the next batch, whose
// leader is its first fact. So nobody waits when the spool is idle, and no goroutine is needed.
type appender struct {
	mu      sync.Mutex
	queue   []*waiting
	leading bool
	closed  bool
	idle    *sync.Cond // on mu; nobody leads

	opening sync.Mutex // guards what open draws
	drawn   bool
	epoch   uint32 // of this open; drawn with its first write
	tag     uint64

	// Owned by the leader.
	hot     head   // where facts go
	cold    head   // where messages go that were moved, or will stay
	seq     uint32 // of the next message
	writing uint64 // segment of the batch that is being written
}

// A head is one end of the log: the segment that grows. It is owned by the leader.
type head struct {
	class  class
	active *slot   // pinned; nil: the next batch begins a segment
	foot   *footer // of the active segment
	doubt  bool    // a batch was refused that may be on the device, see settleDoubt
	last   struct {
		segment uint64 // of this class, before the next one
		end     uint32
	}
}

// headOf says where a fact goes.
func (a *appender) headOf(f fact) *head {
	switch f := f.(type) {
	case *moving:
		return &a.cold
	case *intake:
		if f.stays {
			return &a.cold
		}
	}
	return &a.hot
}

// head returns the head of a class.
func (a *appender) head(c class) *head {
	if c == classCold {
		return &a.cold
	}
	return &a.hot
}

// Waiting facts are in the queue, all for the same head.
type waiting struct {
	facts []fact
	turn  chan bool // true: lead; false: done, err holds
	err   error
}

func (w *waiting) weight() (n int64) {
	for _, f := range w.facts {
		n += f.weight()
	}
	return n
}

// commit writes facts, which are for the same head, and returns nil when they are durable: a share of one flush.
func (s *Spool) commit(facts ...fact) error {
	if s.opt.ReadOnly {
		return ErrReadOnly
	}
	s.pulse.begin()
	defer s.pulse.end()
	a := &s.log
	me := &waiting{facts: facts, turn: make(chan bool, 1)}
	a.mu.Lock()
	if a.closed {
		a.mu.Unlock()
		return ErrClosed
	}
	a.queue = append(a.queue, me)
	lead := !a.leading
	a.leading = true
	a.mu.Unlock()
	if lead || <-me.turn {
		s.lead()
	}
	return me.err
}

// lead writes one batch from the head of the queue and hands the lead on.
func (s *Spool) lead() {
	a := &s.log
	a.mu.Lock()
	batch := a.take(min(maxBatch, s.format.slotSize/2))
	a.mu.Unlock()

	var facts []fact
	for _, w := range batch {
		facts = append(facts, w.facts...)
	}
	err := s.writeBatch(a.headOf(facts[0]), facts)

	a.mu.Lock()
	defer a.mu.Unlock()
	for i, w := range batch {
		w.err = err
		if i > 0 {
			w.turn <- false
		}
	}
	if len(a.queue) > 0 {
		a.queue[0].turn <- true
		return
	}
	a.leading = false
	a.idle.Broadcast()
}

// maxBatch is about how many bytes a batch may have, so that the first who waits does not wait long.
const maxBatch = 512 << 10

// longestBatch bounds how many bytes a batch really has: some mail, or one tombstone record of many thousand messages,
// beside what rides along. A batch beyond it is written all the same, but damage to it would end the segment.
const longestBatch = 1 << 20

// take removes the facts of the next batch from the queue: at least one, all for the same head, and about limit bytes
// of them at most.
func (a *appender) take(limit int64) []*waiting {
	var batch, rest []*waiting
	size := int64(0)
	for i, w := range a.queue {
		weight := w.weight()
		if i > 0 && (size+weight > limit || a.headOf(w.facts[0]) != a.headOf(a.queue[0].facts[0])) {
			rest = append(rest, w)
			continue
		}
		size += weight
		batch = append(batch, w)
	}
	a.queue = rest
	return batch
}

// close refuses what comes and waits for what is under way; false: it was closed already.
func (a *appender) close() bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.closed {
		return false
	}
	a.closed = true
	for a.leading {
		a.idle.Wait()
	}
	return true
}

func (a *appender) isClosed() bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.closed
}

// open draws the epoch of this open before its first write: a number above all that the spool has seen, and a random tag
// that no other copy of the spool will ever draw.
func (a *appender) open(s *Spool) (epoch uint32, tag uint64, err error) {
	a.opening.Lock()
	defer a.opening.Unlock()
	if !a.drawn {
		err = a.draw(s)
	}
	return a.epoch, a.tag, err
}

// number sees to it that a batch can number its mails: what open draws is drawn again when its numbers are used up. It is called by
// the leader, who alone knows.
func (a *appender) number(s *Spool) error {
	s.pulse.step()
	a.opening.Lock()
	defer a.opening.Unlock()
	if a.drawn && a.seq < lastSeq {
		return nil
	}
	return a.draw(s)
}

// draw is called with opening held.
func (a *appender) draw(s *Spool) error {
	var raw [8]byte
	if _, err := io.ReadFull(s.opt.Rand, raw[:]); err != nil {
		return fmt.Errorf("spool: no random numbers: %w", err)
	}
	a.epoch++
	a.tag = binary.LittleEndian.Uint64(raw[:])
	a.drawn, a.seq = true, 0
	s.mu.Lock()
	defer s.mu.Unlock()
	s.tags[a.epoch] = a.tag
	return nil
}

// lastSeq leaves a batch room to number its mails before the numbers of an open are used up; then it counts as another open.
const lastSeq = 1<<32 - 1<<22

// identify gives n messages their identities: the tag and the first one.
func (a *appender) identify(n int) (tag uint64, first identity) {
	first = identity{a.epoch, a.seq}
	a.seq += uint32(n)
	return a.tag, first
}

// bufferSize is how much of a batch is gathered before it is written, at most; what has room in a smaller stage takes that.
const bufferSize = 128 << 10

// A pageWriter writes a batch in order: whole pages, the last one filled up with zeros.
type pageWriter struct {
	file   flash.File
	offset int64  // in the slot, of what is gathered
	buf    []byte // page-aligned
	n      int    // bytes gathered
	err    error
}

func (w *pageWriter) write(p []byte) {
	for len(p) > 0 && w.err == nil {
		n := copy(w.buf[w.n:], p)
		w.n += n
		p = p[n:]
		if w.n == len(w.buf) {
			w.flush()
		}
	}
}

// pad fills up with zeros to a multiple of n in the slot.
func (w *pageWriter) pad(n int64) {
	at := w.offset + int64(w.n)
	over := (n - at%n) % n
	clear(w.buf[w.n : w.n+int(over)]) // the buffer ends on a page
	w.n += int(over)
	if w.n == len(w.buf) {
		w.flush()
	}
}

// flush writes what is gathered, which must be whole pages.
func (w *pageWriter) flush() {
	if w.err == nil && w.n > 0 {
		_, w.err = w.file.WriteAt(w.buf[:w.n], w.offset)
		w.offset += int64(w.n)
	}
	w.n = 0
}
