package format

import "errors"

// Errors of stored bytes.
var (
	// ErrVersion is returned for a spool that another version of the program wrote. It was not
	// touched.
	ErrVersion = errors.New("spool: unknown format version")
	// ErrForeign is returned when the folder, or a slot in it, belongs to another spool. It was not
	// touched.
	ErrForeign = errors.New("spool: the folder, or a slot in it, belongs to another spool")
)

// ErrUnreadable is returned for stored bytes that fail any check. It never leaves the spool.
var ErrUnreadable = errors.New("spool: does not verify")
