package spool

import (
	"crypto/rand"
	"io"
	"sync"
	"time"

	"pillarbox/spool/flash"
)

// Options say what a spool may use.
type Options struct {
	// Volume is where the slots lie. The spool closes it.
	Volume flash.Volume
	// Capacity is how many bytes all slots may take together; at least 8 slots.
	Capacity int64
	// SlotSize is the size of a slot in bytes, a multiple of 4096; default 4 MiB. A spool
	// keeps the size that it was made with.
	SlotSize int64
	// MaxMessage is the largest mail in octets; default 50 MiB, at most 1 GiB.
	MaxMessage int64
	// MailboxShare is how much of the capacity one mailbox may hold, in percent; default 50.
	MailboxShare int
	// CopyTime is how long a copy of the folder may take that is made while the spool is in use; default 0, for no such copies. See Hold.
	CopyTime time.Duration
	// Now is the wall clock; default time.Now. Nothing but the date in a record depends on it.
	Now func() time.Time
	// Rand is where ids and tags come from; default crypto/rand.
	Rand io.Reader
	// Step is told of each slot that Open looks at, so that a long start can be told from one that hangs; nil: nobody is.
	Step func()
	// ReadOnly opens a spool that is there for reading alone: what would write is refused with ErrReadOnly.
	ReadOnly bool
}

func (o *Options) setDefaults() {
	if o.SlotSize == 0 {
		o.SlotSize = 4 << 20
	}
	if o.MaxMessage == 0 {
		o.MaxMessage = 50 << 20
	}
	if o.MailboxShare == 0 {
		o.MailboxShare = 50
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Rand == nil {
		o.Rand = rand.Reader
	}
	if o.Step == nil {
		o.Step = func() {}
	}
}

const (
	// fullPercent of the capacity may be live before new mail is refused: above it making room
	// costs more than it brings.
	fullPercent = 80
	// reservedSlots are left alone by new mail: two are for deletes, so that they always work, and one for making
	// room, see coldReserve.
	reservedSlots = 3
)

// A Spool is an open spool. Its methods may be called from several goroutines; it starts none
// of its own.
type Spool struct {
	// Set at birth.
	vol    flash.Volume
	opt    Options
	format *format

	log     appender
	bulk    bulk          // where large mail goes
	cold    bulk          // where large mail is moved
	staging staging       // memory for mail on its way in
	making  sync.Mutex    // held while a slot's file is made
	pulse   pulse         // of the writers
	near    sync.Pool     // of *[nearSize]byte: small messages that are read
	chores  chan struct{} // holds a token when Maintain has something to do

	mu          sync.Mutex
	slots       []*slot // by number; nil where there is none yet
	mailboxes   map[Key]*mailbox
	tags        map[uint32]uint64     // of every open that a live message came in: 16 B each
	records     map[place]*record     // those with several recipients or extents
	copies      map[identity][]uint64 // segments that hold a message beside the one it is read from: it was moved, or half moved
	needed      map[uint64]map[uint64]struct{}
	inherited   []grave             // tombstones out of retired segments, to be written again
	labelHomes  map[uint64]struct{} // segments with label records
	nextSegment uint64
	cramped     bool // the file system had no room for another slot
	openFiles   int
	laid        int      // retire records written since the start, segment by segment
	hotSlot     *slot    // of the active segment of the hot head
	coldLogRoom int64    // bytes left in the active segment of the cold head
	coldRoom    int64    // bytes left in the segment that large mail is moved to
	live        int64    // live bytes of all slots
	pending     int64    // bytes of deliveries that are not ended
	lifetime    Lifetime // as of the last batch
	readOnly    bool     // the device refused a batch twice; the next one that it takes ends it
	damaged     int      // records that did not verify, since the start
	scrubbed    bool     // what was written last was read again after the start
	torn        bool     // the newest batch at the start did not read
	holds       int      // see Hold
	broken      bool     // the hold did not hold
	hurried     int      // slots that were used again before CopyTime was over, since the start
	faults      int      // writes and flushes that failed, since the start
	lastFault   error
	proven      int // steps of nextProof
}

// A record is what the index keeps of a message record that is more than one row in one slot.
type record struct {
	live    int      // recipients that did not expunge it
	weight  int64    // live bytes in the log
	extents []extent // in bulk slots
	claimed bool     // the bulk slots have counted it
}

// Room says whether a mail of that many octets can be taken now; 0 asks for any mail at all.
// ErrTooLarge, ErrFull or nil.
func (s *Spool) Room(octets int64) error {
	if octets > s.opt.MaxMessage {
		return ErrTooLarge
	}
	s.shed()
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.live+s.pending+octets > s.opt.Capacity/100*fullPercent || s.tight() {
		return ErrFull
	}
	slots := reservedSlots
	if octets > s.inlineLimit() {
		slots += int(octets/s.format.slotSize) + 1
	}
	if s.available()+s.emptied()+s.gainable() <= slots {
		return ErrFull
	}
	return nil
}

// gainable returns how many slots moving mail would free, at least one where it frees something. Spool.mu is held.
func (s *Spool) gainable() int {
	bytes := int64(0)
	short := s.available() <= reservedSlots
	for _, sl := range s.slots {
		if s.movable(sl) && (!short || s.fitsCold(sl)) {
			bytes += s.gain(sl)
		}
	}
	return int((bytes + s.format.slotSize - 1) / s.format.slotSize)
}

// MailboxRoom says whether a mailbox may hold that many octets more: ErrMailboxFull or nil.
func (s *Spool) MailboxRoom(key Key, octets int64) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	box := s.mailboxes[key]
	if box != nil && box.octets+octets > s.opt.Capacity/100*int64(s.opt.MailboxShare) {
		return ErrMailboxFull
	}
	return nil
}

// available counts the slots that a new segment could have, those without a file as far as the file system has room
// for them. Spool.mu is held.
func (s *Spool) available() int {
	free := s.existing()
	fresh := 0
	for number := range s.maxSlots() {
		if number >= len(s.slots) || s.slots[number] == nil || !s.slots[number].exists && s.slots[number].free() {
			fresh++
		}
	}
	if fresh == 0 {
		return free
	}
	room, err := s.vol.Free()
	switch {
	case err != nil && s.cramped:
		return free
	case err != nil:
		return free + fresh
	case s.cramped && room <= 2*s.format.slotSize:
		return free
	}
	s.cramped = false
	return free + int(min(int64(fresh), room/s.format.slotSize))
}

// tight says that the file system would have no room for deletes: where slots grow, a file that exists reserves
// nothing. Spool.mu is held.
func (s *Spool) tight() bool {
	if s.vol.Mode() != flash.Append {
		return false
	}
	room, err := s.vol.Free()
	return err == nil && room < reservedSlots*s.format.slotSize
}

// existing counts the free slots that have a file. Spool.mu is held.
func (s *Spool) existing() int {
	free := 0
	for _, sl := range s.slots {
		if sl != nil && sl.exists && sl.free() {
			free++
		}
	}
	return free
}

// maxSlots is how many slots the spool may have: what the capacity allows, and what it has. Spool.mu is held.
func (s *Spool) maxSlots() int {
	return max(int(s.opt.Capacity/s.format.slotSize), len(s.slots))
}

// Close waits for the commits that are under way and gives the volume back. Nothing is written: the next open
// goes on where this one ended, as it would after a power cut.
func (s *Spool) Close() error {
	if !s.log.close() {
		return nil
	}
	s.bulk.mu.Lock()
	defer s.bulk.mu.Unlock()
	s.cold.mu.Lock()
	defer s.cold.mu.Unlock()
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, sl := range s.slots {
		if sl != nil {
			s.closeFile(sl)
		}
	}
	return s.vol.Close()
}
