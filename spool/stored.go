package spool

import (
	"errors"

	"pillarbox/spool/commit"
	"pillarbox/spool/format"
	"pillarbox/spool/reader"
	"pillarbox/spool/slots"
)

// What the packages below define and the callers of a spool need.
type (
	// Key names a mailbox.
	Key = format.Key
	// A Recipient is a mailbox that gets the mail, and the beginning of the mail that only this
	// mailbox sees, in wire form; at most 1024 recipients.
	Recipient = commit.Recipient
	// A Message is where the stored bytes of one message lie. Its slots are not written over until
	// it is closed.
	Message = reader.Message
	// An Origin is what the record of a message says of where it came from.
	Origin = reader.Origin
)

// Limits of what is stored.
const (
	MinSlotSize = format.MinSlotSize // bytes
	MaxSlotSize = format.MaxSlotSize // bytes
	MaxLabel    = format.MaxLabel    // bytes of a label
)

// What the spool can answer. Callers compare with errors.Is; the text around them says which slot
// or file, and what to do.
var (
	// ErrVersion is returned for a folder that another version of the program wrote. It was not
	// touched.
	ErrVersion = format.ErrVersion
	// ErrForeign is returned for a folder that belongs to another spool, or to none. It was not
	// touched.
	ErrForeign = format.ErrForeign
	// ErrFull is returned when there is no room for new mail. Deletes and reading go on.
	ErrFull = slots.ErrFull
	// ErrHurried is returned when the spool needed the room while it was held. The copy may lack
	// mail: make it again.
	ErrHurried = slots.ErrHurried
	// ErrFault is returned when a write or a flush failed; nothing of it was accepted. The next one
	// goes to another slot, so trying again later is right.
	ErrFault = slots.ErrFault
	// ErrClosed is returned when the spool was closed.
	ErrClosed = slots.ErrClosed
	// ErrReadOnly is returned when the spool was opened for reading.
	ErrReadOnly = commit.ErrReadOnly
	// ErrMailboxFull is returned when the mailbox holds its share of the spool.
	ErrMailboxFull = errors.New("spool: the mailbox holds its share of the spool")
	// ErrTooLarge is returned for mail that is larger than this spool will ever take.
	ErrTooLarge = errors.New("spool: the mail is larger than this spool takes")
	// ErrGone is returned when the message was expunged and its space is used again.
	ErrGone = errors.New("spool: the message is gone")
	// ErrDamaged is returned when the stored bytes of the message do not verify. Other messages are
	// not concerned.
	ErrDamaged = errors.New("spool: the message is damaged")
)
