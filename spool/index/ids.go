package index

import (
	"bytes"
	"slices"

	"pillarbox/spool/format"
)

// An ID is how a message is called at a provider.
type ID = [format.RemoteIDLength]byte

// mostFresh is how many ids are kept unsorted, so that adding one does not move all the others.
const mostFresh = 64

// IDs are the ids of one account at a provider: 12 B each. The zero value has none.
type IDs struct {
	sorted []ID
	fresh  []ID
}

// Len returns how many ids there are.
func (s *IDs) Len() int { return len(s.sorted) + len(s.fresh) }

// Bytes returns how much memory they take.
func (s *IDs) Bytes() int64 {
	return format.RemoteIDLength * int64(cap(s.sorted)+cap(s.fresh))
}

// Has reports whether an id is there.
func (s *IDs) Has(id ID) bool {
	_, found := slices.BinarySearchFunc(s.sorted, id, compareIDs)
	return found || slices.Contains(s.fresh, id)
}

// Add adds an id, unless it is there.
func (s *IDs) Add(id ID) {
	if s.Has(id) {
		return
	}
	if s.fresh = append(s.fresh, id); len(s.fresh) == mostFresh {
		s.settle()
	}
}

// AddAll adds many ids, sorted once.
func (s *IDs) AddAll(ids []ID) {
	s.fresh = append(s.fresh, ids...)
	s.settle()
}

// settle sorts the fresh ids into the others.
func (s *IDs) settle() {
	all := make([]ID, 0, len(s.sorted)+len(s.fresh))
	all = append(append(all, s.sorted...), s.fresh...)
	format.Sort(all, compareIDs)
	s.sorted, s.fresh = slices.Compact(all), nil
}

// Remove removes the ids that gone reports.
func (s *IDs) Remove(gone func(ID) bool) {
	s.settle()
	kept := make([]ID, 0, len(s.sorted))
	for _, id := range s.sorted {
		if !gone(id) {
			kept = append(kept, id)
		}
	}
	s.sorted = kept
}

// All returns a copy of the ids, sorted.
func (s *IDs) All() []ID {
	all := append(slices.Clone(s.sorted), s.fresh...)
	format.Sort(all, compareIDs)
	return all
}

func compareIDs(a, b ID) int { return bytes.Compare(a[:], b[:]) }
