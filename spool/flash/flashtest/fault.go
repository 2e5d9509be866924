package flashtest

import (
	"errors"
	"io"
	"os"
	"syscall"
)

// ErrPowerCut is what every operation returns from the moment of the cut on.
var ErrPowerCut = errors.New("flashtest: the power was cut")

// An effect is what an operation did to the device.
type effect uint8

const (
	done   effect = iota // all of it
	half                 // a write stopped half way, the rest did not happen
	unsure               // all, nothing or a part; the next cut decides
	none                 // nothing
)

// effectOf returns what an operation that failed with err did.
func effectOf(err error) effect {
	switch {
	case err == nil:
		return done
	case errors.Is(err, io.ErrShortWrite), errors.Is(err, syscall.ENOSPC):
		return half
	case errors.Is(err, syscall.EROFS):
		return none
	}
	return unsure
}

// faults are the plan of what is to go wrong. Operations are numbered from 1.
type faults struct {
	once  map[int]error
	from  int // sticky from this one on; 0 = never
	every error
	cut   int // the power is cut in this one; 0 = never
	dead  bool
}

func refusal(op, name string, err error) error {
	return &os.PathError{Op: op, Path: name, Err: err}
}
