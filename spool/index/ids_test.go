package index

import (
	"encoding/binary"
	"testing"
)

func idOf(n uint32) (id ID) {
	binary.BigEndian.PutUint32(id[:], n*2654435761) // in no order
	return id
}

// TestIDs: what was added is there, once, and takes 12 B.
func TestIDs(t *testing.T) {
	var s IDs
	for n := range uint32(1000) {
		s.Add(idOf(n))
		s.Add(idOf(n / 2))
		if !s.Has(idOf(n)) || s.Has(idOf(n+1)) {
			t.Fatalf("wrong after %d", n)
		}
	}
	if s.Len() != 1000 || s.Bytes() > 12*(1000+mostFresh) {
		t.Errorf("%d ids take %d bytes", s.Len(), s.Bytes())
	}
	s.Remove(func(id ID) bool { return id == idOf(7) || id == idOf(999) })
	if s.Len() != 998 || s.Has(idOf(7)) || s.Has(idOf(999)) || !s.Has(idOf(8)) {
		t.Errorf("%d ids are left", s.Len())
	}
	var many IDs
	many.AddAll(s.All())
	many.AddAll(s.All())
	if many.Len() != 998 || !many.Has(idOf(0)) {
		t.Errorf("%d of many", many.Len())
	}
}
