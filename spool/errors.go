package spool

import "errors"

// What the spool can answer. Callers compare with errors.Is; the text around them says
// which slot or file, and what to do.
var (
	// ErrFull: no room for new mail. Deletes and reading go on.
	ErrFull = errors.New("spool: full: delete mail or raise its capacity")
	// ErrMailboxFull: the mailbox holds its share of the spool.
	ErrMailboxFull = errors.New("spool: the mailbox holds its share of the spool")
	// ErrTooLarge: the mail is larger than this spool will ever take.
	ErrTooLarge = errors.New("spool: the mail is larger than this spool takes")
	// ErrGone: the message was expunged and its space is used again.
	ErrGone = errors.New("spool: the message is gone")
	// ErrDamaged: the stored bytes of the message do not verify. Other messages are not concerned.
	ErrDamaged = errors.New("spool: the message is damaged")
	// ErrFault: a write or a flush failed; nothing of it was accepted. The next one goes to
	// another slot, so trying again later is right.
	ErrFault = errors.New("spool: the device failed")
	// ErrReadOnly: the spool was opened for reading.
	ErrReadOnly = errors.New("spool: opened for reading only")
	// ErrClosed: the spool was closed.
	ErrClosed = errors.New("spool: closed")
	// ErrVersion: the spool was written by another version of the program. It was not touched.
	ErrVersion = errors.New("spool: unknown format version")
	// ErrForeign: the folder or a slot in it is not of this spool. It was not touched.
	ErrForeign = errors.New("spool: not a spool of this box")
)

// errUnreadable is every way in which stored bytes can fail to be what they should;
// it never leaves the package.
var errUnreadable = errors.New("spool: does not verify")
