package spool

import (
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

		labelHomes: make(map[uint64]struct{}),
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

// load reads everything. The spool is not shared yet, so nothing is locked.
func (s *Spool) load(ctx context.Context) error {
	names, err := s.slotNames()
	if err != nil {
		return err
	}
	if s.format, err = loadFormat(s.vol, names); err != nil {
		return err
	}
	if s.format == nil && s.opt.ReadOnly {
		return fmt.Errorf("%w, and there is none yet", ErrReadOnly)
	}
	if s.format == nil {
		if err := s.makeFormat(); err != nil {
			return err
		}
	}
	if s.opt.Capacity < 8*s.format.slotSize {
		return fmt.Errorf("spool: a capacity of %d bytes is less than 8 slots of %d", s.opt.Capacity, s.format.slotSize)
	}
	if most := maxSlotsOf(s.format.slotSize); s.opt.Capacity/s.format.slotSize > most {
		return fmt.Errorf("spool: a capacity of %d bytes is more than %d slots of %d", s.opt.Capacity, most, s.format.slotSize)
	}
	page := flash.Aligned(flash.Page)
	for _, name := range names {
		if err := s.loadHeader(name, page); err != nil {
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

// loadHeader finds out which segment lives in a slot. page is an aligned one to read through.
func (s *Spool) loadHeader(name string, page []byte) error {
	number, _ := parseSlotName(name)
	if number >= maxSlotNumber {
		return fmt.Errorf("%w: slot %d is beyond any capacity", ErrForeign, number)
	}
	for int(number) >= len(s.slots) {
		s.slots = append(s.slots, nil)
	}
	s.opt.Step()
	sl := &slot{number: number, exists: true}
	s.slots[number] = sl
	file, err := s.pin(sl)
	if err != nil {
		return err
	}
	defer s.unpin(sl)
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
