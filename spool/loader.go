package spool

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"time"

	"pillarbox/spool/flash"
)

// A loader builds the index from the newest segment to the oldest, so that it knows which ones are retired before it comes to them.
type loader struct {
	*Spool
	slot    *slot              // whose segment is being read
	buf     []byte             // to scan with
	foot    *footer            // gathers what a scan finds; nil when a footer is read
	counted census             // the newest census that was read
	graves  []homed            // all tombstones, applied at the end
	labels  []homedLabels      // all labels, the same
	laid    map[retired]uint64 // retired segments, and the segment that says so
	stale   bool               // a slot shows a segment that is gone: it was copied before it was written over
}

type homed struct {
	grave
	home uint64
}

type homedLabels struct {
	labelled
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

func (l *loader) labelled(g labelled) {
	if l.foot != nil {
		l.foot.labelled(g)
	}
	l.labels = append(l.labels, homedLabels{g, l.slot.header.segment})
}

func (l *loader) retired(r retired) {
	if l.foot != nil {
		l.foot.retired(r)
	}
	if _, known := l.laid[r]; known {
		return
	}
	l.laid[r] = l.slot.header.segment
	if sl := l.slotOf(r.slot); sl != nil && sl.header.segment == r.segment {
		// It may be loaded already: the record can be in an older segment, of the other class.
		sl.retired = true
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

// loadLog reads the log segments that count, the newest first.
func (l *loader) loadLog(ctx context.Context) error {
	var logs []*slot
	for _, sl := range l.slots {
		if sl != nil && sl.header.class.isLog() {
			logs = append(logs, sl)
		}
	}
	arrange(logs, func(a, b *slot) int { return cmp.Compare(b.header.segment, a.header.segment) })
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
		} else if l.counted.denies(retired{sl.number, h.segment}) {
			sl.retired = true
			l.stale = l.stale || !sl.guessed
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
	l.slot = sl
	l.opt.Step()
	err = errUnreadable
	if !sl.guessed {
		err = l.loadFooter(file)
	}
	if errors.Is(err, errUnreadable) {
		err = l.loadRecords(file, known, newest)
	}
	if err != nil {
		return fmt.Errorf("read slot %d: %w", sl.number, err)
	}
	// What lies loose is only guessed, from what is known of the messages; small amounts can be a mistake of that.
	if loose := int64(sl.end)*unit - flash.Page - sl.stored; loose > l.format.slotSize/4 {
		sl.loose = loose
	}
	if newest {
		h := l.log.head(sl.header.class)
		h.last.segment, h.last.end = sl.header.segment, sl.end
	}
	return nil
}

// loadFooter takes what a sealed segment holds from its footer.
func (l *loader) loadFooter(file flash.File) error {
	l.foot = nil
	seal, err := readFooter(file, l.format, l.slot.header.segment, l)
	if err != nil {
		return err
	}
	l.slot.sealed, l.slot.end = true, seal.end
	l.log.epoch = max(l.log.epoch, seal.epoch)
	l.older(seal.lifetime)
	return nil
}

// loadRecords reads a segment record by record. The newest one of its class becomes the active one.
func (l *loader) loadRecords(file flash.File, known uint32, newest bool) error {
	sl := l.slot
	l.foot = newFooter()
	c := l.newScan(sl, file, known, l, l.buf)
	l.buf = c.buf
	if err := c.run(); err != nil {
		return err
	}
	if sl.guessed && c.cold {
		sl.header.class = classCold
	}
	sl.end = c.end
	l.damaged += c.damaged
	l.torn = l.torn || newest && c.torn
	l.log.epoch = max(l.log.epoch, c.epoch)
	l.older(c.lifetime)
	if !newest || sl.sealed {
		sl.sealed = true
		return nil
	}
	sl.pins++
	l.foot.end = c.end
	h := l.log.head(sl.header.class)
	h.active, h.foot = sl, l.foot
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

// forsake lets a head go on in a new segment when the one that grew is retired: a record that says so can be in an older segment, of
// the other class.
func (l *loader) forsake() {
	for _, h := range []*head{&l.log.hot, &l.log.cold} {
		if sl := h.active; sl != nil && sl.retired {
			h.last.segment, h.last.end = sl.header.previous, sl.header.previousEnd
			h.active, h.foot = nil, nil
			sl.sealed = true
			l.unpin(sl)
		}
	}
}

// labelAll takes all labels into the index, sorted once for each mailbox: one by one they would come in no order.
func (l *loader) labelAll() {
	type sheet struct {
		key   Key
		label string
	}
	all := make(map[sheet]marks)
	for _, g := range l.labels {
		on := sheet{g.key, g.label}
		before := len(all[on])
		if m := l.marks(all[on], g.labelled); len(m) > before {
			all[on] = m
			l.labelHomes[g.home] = struct{}{}
		}
	}
	for on, m := range all {
		l.mailboxes[on.key].mark(on.label, m.inOrder())
	}
}

// finish brings what was read together.
func (l *loader) finish() {
	if l.damaged > 0 || l.stale {
		l.inherit()
	}
	l.forsake()
	for _, box := range l.mailboxes {
		l.order(box)
	}
	for _, g := range l.graves {
		l.bury(g.grave, g.home)
	}
	l.buryInherited()
	l.labelAll()
	for _, sl := range l.slots {
		if sl != nil && sl.retired {
			delete(l.needed, sl.header.segment)
			delete(l.labelHomes, sl.header.segment)
		}
	}
	for at, rec := range l.records {
		l.claimExtents(at, rec)
	}
	for r, home := range l.laid {
		if sl := l.slotOf(r.slot); sl != nil {
			sl.ghosts = append(sl.ghosts, ghost{r.segment, home})
		}
	}
	emptied := make(map[uint64]bool)
	for _, segments := range l.copies {
		for _, segment := range segments {
			emptied[segment] = true
		}
	}
	for _, sl := range l.slots {
		if sl != nil && emptied[sl.header.segment] {
			sl.moved = time.Now()
		}
		if sl != nil && sl.header.class == classBulk {
			sl.sealed = true
			sl.retired = sl.live == 0
		}
	}
	for _, h := range []*head{&l.log.hot, &l.log.cold} {
		if h.active != nil {
			l.grew(h)
		}
	}
}
