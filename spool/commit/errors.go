package commit

import "errors"

var (
	// ErrReadOnly is returned when the spool was opened for reading.
	ErrReadOnly = errors.New("spool: opened for reading only")

	// errTooLong is returned for a batch that no empty slot could hold.
	errTooLong = errors.New("spool: the batch does not fit a slot")
	// errNoFooter is returned for a footer that does not fit behind the last batch. The segment
	// goes without, which is slower to start from and otherwise as good.
	errNoFooter = errors.New("the footer does not fit behind the last batch")
)
