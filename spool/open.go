package spool

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"sync"

	"pillarbox/spool/flash"
)

// Open opens the spool on a volume, or makes one where there is none. It reads the header and the footer of every slot, and the
// records of the one that was being written. It writes nothing but, in an empty folder, FORMAT; a power cut while it runs, or
// before the first commit, changes nothing. ErrVersion, ErrForeign: the folder holds something else and was not touched.
func Open(ctx context.Context, opt Options) (*Spool, error) {
	opt.setDefaults()
	s := &Spool{
		vol:       opt.Volume,
		opt:       opt,
		chores:    make(chan struct{}, 1),
		mailboxes: make(map[Key]*mailbox),
		tags:      make(map[uint32]uint64),
		records:   make(map[place]*record),
		copies:    make(map[identity][]uint64),
		needed:    make(map[uint64]map[uint64]struct{}),
	}
	s.cold.cold = true
	s.log.hot.class, s.log.cold.class = classLog, classCold
	s.log.idle = sync.NewCond(&s.log.mu)
	if err := s.load(ctx); err != nil {
		s.Close()
		return nil, err
	}
	s.wake()
	return s, nil
}

// makeFormat begins a new spool.
func (s *Spool) makeFormat() error {
	f := &format{slotSize: s.opt.SlotSize}
	if !validSlotSize(f.slotSize) {
		return fmt.Errorf("spool: a slot has %d…%d bytes, a multiple of %d, not %d", MinSlotSize, MaxSlotSize, flash.Page, f.slotSize)
	}
	if _, err := io.ReadFull(s.opt.Rand, f.id[:]); err != nil {
		return fmt.Errorf("spool: no random numbers: %w", err)
	}
	s.format = f
	if err := s.vol.Store(formatName, []byte(f.String())); err != nil {
		return fmt.Errorf("write %s: %w", formatName, err)
	}
	return nil
}

// A loader builds the index from the newest segment to the oldest, so that it knows which ones are retired before it comes to them.
type loader struct {
	*Spool
	slot    *slot              // whose segment is being read
	buf     []byte             // to scan with
	foot    *footer            // gathers what a scan finds; nil when a footer is read
	counted census             // the newest census that was read
	graves  []homed            // all tombstones, applied at the end
	laid    map[retired]uint64 // retired segments, and the segment that says so
}

type homed struct {
	grave
	home uint64
}

func (l *loader) message(m summary) {
	if tag, known := l.tags[m.first.epoch]; known && tag != m.tag {
		l.damaged++
		return
	}
	l.tags[m.first.epoch] = m.tag
	l.log.epoch = max(l.log.epoch, m.first.epoch)
	if l.foot != nil {
		l.foot.message(m)
	}
	l.learn(l.slot, m)
}

func (l *loader) grave(g grave) {
	if l.foot != nil {
		l.foot.grave(g)
	}
	l.graves = append(l.graves, homed{g, l.slot.header.segment})
}

func (l *loader) retired(r retired) {
	if l.foot != nil {
		l.foot.retired(r)
	}
	if _, known := l.laid[r]; known {
		return
	}
	l.laid[r] = l.slot.header.segment
	if int(r.slot) < len(l.slots) && l.slots[r.slot] != nil && l.slots[r.slot].header.segment == r.segment {
		// It may be loaded already: the record can be in an older segment, of the other class.
		l.slots[r.slot].retired = true
	}
}

func (l *loader) census(c census) {
	if l.foot != nil {
		l.foot.census(c)
	}
	if c.upTo >= l.counted.upTo {
		l.counted = c
	}
}

// load reads everything. The spool is not shared yet, so nothing is locked.
func (s *Spool) load(ctx context.Context) error {
	names, err := s.slotNames()
	if err != nil {
		return err
	}
	if s.format, err = loadFormat(s.vol, names); err != nil {
		return err
	}
	if s.format == nil {
		if err := s.makeFormat(); err != nil {
			return err
		}
	}
	if s.opt.Capacity < 8*s.format.slotSize {
		return fmt.Errorf("spool: a capacity of %d bytes is less than 8 slots of %d", s.opt.Capacity, s.format.slotSize)
	}
	for _, name := range names {
		if err := s.loadHeader(name); err != nil {
			return err
		}
	}
	l := &loader{Spool: s, laid: make(map[retired]uint64)}
	if err := l.loadLog(ctx); err != nil {
		return err
	}
	l.finish()
	return nil
}

// slotNames returns the slot files; a file of another name makes the folder foreign.
func (s *Spool) slotNames() ([]string, error) {
	names, err := s.vol.Names()
	if err != nil {
		return nil, fmt.Errorf("list the spool: %w", err)
	}
	names = slices.DeleteFunc(names, func(name string) bool { return name == formatName })
	for _, name := range names {
		if _, ok := parseSlotName(name); !ok {
			return nil, fmt.Errorf("%w: it holds a file %q, which is none of a spool's", ErrForeign, name)
		}
	}
	return names, nil
}

// loadHeader finds out which segment lives in a slot.
func (s *Spool) loadHeader(name string) error {
	number, _ := parseSlotName(name)
	if number >= 1<<20 {
		return fmt.Errorf("%w: slot %d is beyond any capacity", ErrForeign, number)
	}
	for int(number) >= len(s.slots) {
		s.slots = append(s.slots, nil)
	}
	sl := &slot{number: number, exists: true}
	s.slots[number] = sl
	file, err := s.pin(sl)
	if err != nil {
		return err
	}
	defer s.unpin(sl)
	page := flash.Aligned(flash.Page)
	n, err := file.ReadAt(page, 0)
	if err != nil && !errors.Is(err, io.EOF) {
		return fmt.Errorf("read slot %d: %w", number, err)
	}
	clear(page[n:])
	h, err := decodeHeader(page, number, s.format)
	if errors.Is(err, errUnreadable) {
		h, err = s.guessHeader(sl, page)
	}
	if err != nil {
		return err
	}
	sl.header = h
	s.nextSegment = max(s.nextSegment, h.segment)
	s.log.epoch = max(s.log.epoch, h.epoch)
	return nil
}

// guessHeader finds out what a slot with a damaged header holds, by its batches. A header and the first batch are flushed
// together, so only a second batch proves that they were acknowledged. A slot that was never used begins with a page of zeros.
func (s *Spool) guessHeader(sl *slot, page []byte) (header, error) {
	if len(slices.Compact(slices.Clone(page))) == 1 && page[0] == 0 {
		return header{}, nil
	}
	var found header
	w := newWindow(sl.file, s.format.slotSize, nil)
	for p := uint32(firstUnit); int64(p)*unit+batchHeaderSize <= s.format.slotSize; p++ {
		head, err := w.bytes(int64(p)*unit, batchHeaderSize)
		if err != nil {
			return header{}, fmt.Errorf("read slot %d: %w", sl.number, err)
		}
		if b, err := decodeBatch(head, p, s.format); err == nil && b.segment > found.segment && p == firstUnit {
			s.torn = true
		} else if err == nil && b.segment > found.segment {
			found = header{class: classLog, segment: b.segment, slot: sl.number, epoch: b.epoch, tag: b.tag}
		}
	}
	sl.sealed, sl.guessed = true, true
	return found, nil
}

// loadLog reads the log segments that count, the newest first.
func (l *loader) loadLog(ctx context.Context) error {
	var logs []*slot
	for _, sl := range l.slots {
		if sl != nil && sl.header.class.isLog() {
			logs = append(logs, sl)
		}
	}
	slices.SortFunc(logs, func(a, b *slot) int { return cmp.Compare(b.header.segment, a.header.segment) })
	newer := make(map[class]*header)
	for _, sl := range logs {
		if err := ctx.Err(); err != nil {
			return err
		}
		h := &sl.header
		known := uint32(0)
		if n := newer[h.class]; n != nil && n.previous == h.segment {
			known = n.previousEnd
		}
		if l.laid[retired{sl.number, h.segment}] != 0 {
			sl.retired = true
		} else if sl.guessed && l.counted.denies(retired{sl.number, h.segment}) {
			sl.retired = true
			sl.ghosts = append(sl.ghosts, ghost{segment: h.segment})
			continue
		} else if err := l.loadSegment(sl, known, newer[h.class] == nil); err != nil {
			return err
		}
		newer[h.class] = h
	}
	return nil
}

// loadSegment reads a segment by its footer, or by its records. The newest one may go on.
func (l *loader) loadSegment(sl *slot, known uint32, newest bool) error {
	file, err := l.pin(sl)
	if err != nil {
		return err
	}
	defer l.unpin(sl)
	l.slot, l.foot = sl, nil
	seal, err := sealing{}, errUnreadable
	if !sl.guessed {
		seal, err = readFooter(file, l.format, sl.header.segment, l)
	}
	if err == nil {
		sl.sealed, sl.end = true, seal.end
		l.older(seal.lifetime)
		if newest {
			h := l.log.head(sl.header.class)
			h.last.segment, h.last.end = sl.header.segment, seal.end
		}
		return nil
	}
	if !errors.Is(err, errUnreadable) {
		return fmt.Errorf("read slot %d: %w", sl.number, err)
	}
	l.foot = newFooter()
	c := l.newScan(sl, file, known, l, l.buf)
	l.buf = c.buf
	if err := c.run(); err != nil {
		return fmt.Errorf("read slot %d: %w", sl.number, err)
	}
	if c.moved {
		sl.header.class = classCold // a guess does not know
	}
	l.damaged += c.damaged
	l.log.epoch = max(l.log.epoch, c.epoch)
	sl.end = c.end
	l.older(c.lifetime)
	h := l.log.head(sl.header.class)
	if newest {
		l.torn = l.torn || c.torn
		h.last.segment, h.last.end = sl.header.segment, c.end
		if !sl.sealed {
			sl.pins++
			l.foot.end = c.end
			h.active, h.foot = sl, l.foot
		}
	}
	sl.sealed = h.active != sl
	return nil
}

// older takes the counters of a segment, if no newer one had more.
func (l *loader) older(life Lifetime) {
	if life.Flushes > l.lifetime.Flushes {
		l.lifetime = life
	}
}

func (s *Spool) newScan(sl *slot, file flash.File, known uint32, v visitor, buf []byte) *scan {
	segment := sl.header.segment
	return &scan{
		// The number of a segment whose header was lost is drawn again: batches from before are of an earlier open.
		epoch: sl.header.epoch,
		tag:   sl.header.tag,

		window:  newWindow(file, s.format.slotSize, buf),
		format:  s.format,
		segment: segment,
		seed:    s.format.seed(segment),
		known:   known,
		visit:   v,
	}
}

// visitSegment tells v what a sealed log segment holds.
func (s *Spool) visitSegment(sl *slot, v visitor) error {
	s.mu.Lock()
	file, err := s.pin(sl)
	end := sl.end
	s.mu.Unlock()
	if err != nil {
		return err
	}
	defer s.giveBack(sl)
	_, err = readFooter(file, s.format, sl.header.segment, v)
	if errors.Is(err, errUnreadable) {
		err = s.newScan(sl, file, end, v, nil).run()
	}
	return err
}

// finish brings what was read together.
func (l *loader) finish() {
	for _, box := range l.mailboxes {
		l.order(box)
	}
	for _, g := range l.graves {
		l.bury(g.grave, g.home)
	}
	for _, sl := range l.slots {
		if sl != nil && sl.retired {
			delete(l.needed, sl.header.segment)
		}
	}
	for at, rec := range l.records {
		l.claimExtents(at, rec)
	}
	for r, home := range l.laid {
		if int(r.slot) < len(l.slots) && l.slots[r.slot] != nil {
			sl := l.slots[r.slot]
			sl.ghosts = append(sl.ghosts, ghost{r.segment, home})
		}
	}
	for _, sl := range l.slots {
		if sl != nil && sl.header.class == classBulk {
			sl.sealed = true
			sl.retired = sl.live == 0
		}
	}
}

// order sorts a mailbox and drops what lies in retired segments, and second copies, of which it remembers the segment. The
// copy that was moved last counts: it is in a cold segment, for the bytes of the one before may be written over.
func (l *loader) order(box *mailbox) {
	segment := func(r row) uint64 { return l.slots[r.slot].header.segment }
	class := func(r row) class { return l.slots[r.slot].header.class } // classCold is the greatest
	slices.SortFunc(box.rows, func(a, b row) int {
		return cmp.Or(a.identity.compare(b.identity), cmp.Compare(class(b), class(a)),
			cmp.Compare(segment(b), segment(a)), cmp.Compare(b.offset, a.offset))
	})
	rows := box.rows[:0]
	for _, r := range box.rows {
		if l.slots[r.slot].retired || len(rows) > 0 && r.identity == rows[len(rows)-1].identity {
			box.live--
			box.octets -= int64(r.octets)
			l.release(r)
			if !l.slots[r.slot].retired {
				l.copies[r.identity] = append(l.copies[r.identity], segment(r))
			}
			continue
		}
		rows = append(rows, r)
	}
	box.rows = slices.Clip(rows)
}

// claimExtents makes the bulk slots know that a record names them. A record whose extents are written over is damaged: it
// was never acknowledged, or the device lost a later record.
func (l *loader) claimExtents(at place, rec *record) {
	if len(rec.extents) == 0 {
		return
	}
	for _, e := range rec.extents {
		ok := int(e.slot) < len(l.slots) && l.slots[e.slot] != nil
		if !ok || l.slots[e.slot].header.segment != e.segment || e.page+e.pages() > l.format.pages() {
			l.damaged++
			l.drop(at)
			return
		}
	}
	l.claim(rec)
}

// drop forgets every row at a place.
func (l *loader) drop(at place) {
	for _, box := range l.mailboxes {
		for i, r := range box.rows {
			if r.place == at && !box.dead.has(i) {
				l.forget(box, i)
			}
		}
	}
}
