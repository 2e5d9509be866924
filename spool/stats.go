package spool

import (
	"pillarbox/spool/commit"
	"pillarbox/spool/flash"
	"pillarbox/spool/format"
	"pillarbox/spool/index"
)

// Stats are the counters of a spool.
type Stats struct {
	Mode      flash.Mode
	Capacity  int64 // bytes
	SlotSize  int64 // bytes
	Slots     int   // files there are
	Sealed    int   // slots whose segment counts and grows no more
	Dead      int64 // bytes in segments that count, beside what lives
	FreeSlots int   // slots that a new segment could have, those without a file included
	Live      int64 // bytes of mail that is not expunged, with its records
	Mailboxes int   // that have mail
	Messages  int   // in all mailboxes
	Hidden    int   // beside them: messages that did not fit in Options.LoadBytes, about
	Index     int64 // bytes of memory that the index takes, as Options.IndexBytes counts them
	Crowded   bool  // it takes so much that new mail is refused, or messages are hidden
	Lifetime  format.Lifetime
	// ReadOnly is true if nothing is accepted: the device refused a batch twice, and has not taken
	// one since, or Options.ReadOnly.
	ReadOnly bool
	Damaged  int // records that did not verify, since the start
	// Torn is true if the start found a batch that did not read at the end of the log: one cut
	// short, or the newest one damaged.
	Torn bool
	// NoFormat is true if FORMAT was missing or damaged at the start: what it held was found in the
	// slots, and it was written again.
	NoFormat bool
	// Hurried is how many slots were used again before Options.CopyTime was over, since the start:
	// a copy made then may lack mail.
	Hurried   int
	Faults    int   // writes and flushes that failed, since the start
	LastFault error // of them
}

// Stats counts. The parts are counted one after the other, so that a commit in between may show in
// some of them.
func (s *Spool) Stats() Stats {
	t, x, c := s.table.Stats(), s.index.Totals(), s.log.Counters()
	return Stats{
		Mode:      s.opt.Volume.Mode(),
		Capacity:  s.opt.Capacity,
		SlotSize:  s.format.SlotSize,
		Slots:     t.Slots,
		Sealed:    t.Sealed,
		Dead:      t.Dead,
		FreeSlots: t.Free,
		Live:      t.Live,
		Mailboxes: x.Mailboxes,
		Messages:  x.Messages,
		Hidden:    x.Hidden,
		Index:     x.Bytes,
		Crowded:   x.Crowded,
		Lifetime:  c.Lifetime,
		ReadOnly:  c.ReadOnly || s.opt.ReadOnly,
		Damaged:   c.Damaged,
		Torn:      s.found.Torn,
		NoFormat:  s.found.FormatLost,
		Hurried:   t.Hurried,
		Faults:    t.Faults,
		LastFault: t.LastFault,
	}
}

// MailboxStats are what one mailbox holds.
type MailboxStats struct {
	Key      Key
	Messages int
	Octets   int64 // as listed
}

// Mailboxes returns the mailboxes that hold mail, by key. Those that no account has are orphans.
func (s *Spool) Mailboxes() []MailboxStats {
	var list []MailboxStats
	for _, box := range s.index.Mailboxes() {
		list = append(list, MailboxStats(box))
	}
	return list
}

// A crowded error says that there are too many messages. It is an ErrFull.
type crowded struct{}

func (crowded) Error() string {
	return "spool: too many messages for this memory: delete some, or let it have more memory"
}
func (crowded) Is(target error) bool { return target == ErrFull }

// Room reports whether a message of that many octets can be taken now; 0 asks for any message at
// all. It returns ErrTooLarge, ErrFull or nil.
func (s *Spool) Room(octets int64) error {
	if octets > s.opt.MaxMessage {
		return ErrTooLarge
	}
	s.table.Shed()
	if s.index.Crowded(index.EntryBytes) {
		return crowded{}
	}
	own := 0
	if octets > commit.InlineLimit(s.format) {
		own = int(octets/s.format.SlotSize) + 1
	}
	return s.table.Room(octets, own)
}

// Spare returns how many bytes of mail fit in before the spool is full.
func (s *Spool) Spare() int64 { return s.table.Spare() }

// Capacity returns how many bytes the slots may take, Options.Capacity.
func (s *Spool) Capacity() int64 { return s.opt.Capacity }

// Live returns how many bytes of mail are kept, as Stats does, without a look at each slot.
func (s *Spool) Live() int64 { return s.table.Live() }

// MailboxRoom reports whether a mailbox may hold that many octets more: it returns ErrMailboxFull
// or nil.
func (s *Spool) MailboxRoom(key Key, octets int64) error {
	share := int64(s.opt.MailboxShare)
	if !s.index.MailboxRoom(key, octets, s.opt.Capacity/100*share, share) {
		return ErrMailboxFull
	}
	return nil
}

// IndexRoom reports whether the index of a mailbox may take the memory of another message and stay
// within a number of bytes.
func (s *Spool) IndexRoom(key Key, most int64) bool { return s.index.EntryRoom(key, most) }

// stays reports whether a message to these recipients belongs with the mail that stays.
//
// Mail of mailboxes that are fetched and emptied at once goes to the hot log, so that its segments
// die whole; mail that will stay goes to the cold log when it comes, which saves most of what would
// be moved there later. In a household that is two thirds full this halves what is copied. What
// stayed before predicts what will stay; a wrong clock costs copies, no mail.
func (s *Spool) stays(to []Recipient) bool {
	return s.index.Keeps(len(to), func(i int) Key { return to[i].Mailbox })
}
