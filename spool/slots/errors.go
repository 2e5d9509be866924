package slots

import "errors"

var (
	// ErrFull is returned when there is no slot, or no room on the file system, for new mail.
	ErrFull = errors.New("spool: full: delete mail or raise its capacity")
	// ErrFault is returned when the device refused a read, a write or a flush.
	ErrFault = errors.New("spool: the device failed")
	// ErrClosed is returned after Close.
	ErrClosed = errors.New("spool: closed")
	// ErrHeld is returned for what is done ahead of time, while a copy of the folder is made.
	ErrHeld = errors.New("spool: a copy of it is being made: try again when that is done")
	// ErrHurried is returned when a hold could not be kept. The copy may lack mail: make it again.
	ErrHurried = errors.New("spool: room was needed while the copy was made")
)
