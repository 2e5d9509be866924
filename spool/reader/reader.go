package reader

import (
	"sync"

	"pillarbox/spool/flash"
	"pillarbox/spool/format"
	"pillarbox/spool/index"
)

// Slots give out files. *slots.Table is one.
type Slots interface {
	// PinSegment keeps a slot from being written over, until Unpin, and returns its file. It
	// returns format.ErrUnreadable if the slot holds another segment.
	PinSegment(slot uint32, segment uint64) (flash.File, error)
	// Unpin releases a slot.
	Unpin(slot uint32)
}

// A Reader finds messages. Its methods may be called from several goroutines.
type Reader struct {
	Slots   Slots
	Format  *format.Format
	buffers sync.Pool // of *[prefetchSize]byte: small messages that are read
}

// A Location is what the caller knows of a message, and where it lies.
type Location struct {
	index.Entry
	Mailbox  format.Key
	Tag      uint64 // of the open that it came in
	Segment  uint64 // in the slot
	Verified bool   // this process has verified or written its bytes
}
