package spool

import (
	"crypto/rand"
	"fmt"
	"io"
	"time"

	"pillarbox/spool/flash"
)

// Options are what a spool may use.
type Options struct {
	// Volume is where the slots lie. The spool closes it.
	Volume flash.Volume
	// Capacity is how many bytes all slots may take together; at least 8 slots.
	Capacity int64
	// SlotSize is the size of a slot in bytes, a multiple of 4096; default 4 MiB. A spool
	// keeps the size that it was made with.
	SlotSize int64
	// MaxMessage is the largest mail in octets; default 50 MiB, at most 1 GiB: lengths in records
	// have 32 bits.
	MaxMessage int64
	// MailboxShare is how much of the capacity one mailbox may hold, in percent; default 50, at
	// most 100.
	MailboxShare int
	// IndexBytes is how much memory the index may take: beyond it new mail is refused with ErrFull,
	// while reading and deletes go on. 0 is no bound. A message costs 16 bytes for each recipient,
	// and as much more as its imported unique-id and its labels take. Labels are accepted until the
	// index takes twice as much.
	IndexBytes int64
	// LoadBytes is how much memory the entries may take that Open makes; 0 is no bound. What is
	// beyond it is hidden: the last messages of the largest mailboxes appear when enough of the
	// others were expunged, as if they came then. Until nothing is hidden new mail is refused.
	LoadBytes int64
	// CopyTime is how long a copy of the folder may take that is made while the spool is in use;
	// default 0, for no such copies. See Hold.
	CopyTime time.Duration
	// Now is the wall clock; default time.Now. It dates messages, and by their age the spool
	// chooses in which log mail is kept and which segment is emptied first. A wrong clock costs
	// copies, no mail.
	Now func() time.Time
	// Rand is where ids and tags come from; default crypto/rand.
	Rand io.Reader
	// Step, if not nil, is called for each slot that Open reads, so that the caller can tell a slow
	// start from one that hangs.
	Step func()
	// ReadOnly opens a spool that is there for reading alone: what would write is refused with
	// ErrReadOnly.
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

// maxMaxMessage is the largest MaxMessage.
const maxMaxMessage = 1 << 30

// check returns an error for a value that the spool cannot work with.
func (o *Options) check() error {
	switch {
	case o.MaxMessage < 0 || o.MaxMessage > maxMaxMessage:
		return fmt.Errorf("spool: MaxMessage is %d, not 1…%d", o.MaxMessage, maxMaxMessage)
	case o.MailboxShare < 0 || o.MailboxShare > 100:
		return fmt.Errorf("spool: MailboxShare is %d percent, not 1…100", o.MailboxShare)
	case o.CopyTime < 0:
		return fmt.Errorf("spool: CopyTime is negative: %v", o.CopyTime)
	}
	return nil
}
