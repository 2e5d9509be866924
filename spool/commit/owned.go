package commit

import "pillarbox/spool/format"

// What the leader owns.
type owned struct {
	hot      head   // where changes go
	cold     head   // where messages go that were moved, or will stay
	batches  uint64 // that were written
	carrying carrying
	segments []uint64 // by slot: memory for planners
	applier  applier  // memory for the one of each batch
}

// head returns the head of a class.
func (o *owned) head(c format.Class) *head {
	if c == format.ClassCold {
		return &o.cold
	}
	return &o.hot
}

// A leader is the one goroutine that writes the log at the moment, see Log. What only it may call
// is a method of this type.
type leader struct {
	*parts
	own   *owned
	moved *bulk // where the cleaner puts large mail
}
