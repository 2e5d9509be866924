package spool

import (
	"pillarbox/spool/commit"
	"pillarbox/spool/index"
)

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
