package index

import (
	"bytes"
	"slices"
	"sort"

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

// Imported holds the unique-ids that messages of a mailbox had in another store: 13 B and the text
// for each, including expunged messages, until those are as many as the others. A view has its own
// copy with the same memory, which does not change once a start has sorted it.
type Imported struct {
	List []given // ordered by identity
	text []byte  // for each, one byte with the length, then the unique-id
	gone int     // how many are of expunged messages
	next int     // where a listing continues
}

// A given is an imported unique-id: 12 bytes.
type given struct {
	format.Identity
	at uint32 // in text
}

// Reserve allocates memory for n unique-ids of text bytes in all, including the length bytes.
func (m *Imported) Reserve(n, text int) {
	if n > 0 {
		m.List, m.text = make([]given, 0, n), make([]byte, 0, text)
	}
}

// Add appends a unique-id. A start sorts the list when it is complete, see Trim.
func (m *Imported) Add(id format.Identity, uid []byte) {
	m.List = append(m.List, given{id, uint32(len(m.text))})
	m.text = append(append(m.text, byte(len(uid))), uid...)
}

// Trim sorts the list when a start has added all of it, and frees memory that was not needed.
func (m *Imported) Trim() {
	byIdentity := func(a, b given) int { return a.Identity.Compare(b.Identity) }
	if !slices.IsSortedFunc(m.List, byIdentity) {
		format.Sort(m.List, byIdentity)
		m.List = slices.CompactFunc(m.List, func(a, b given) bool { return a.Identity == b.Identity })
	}
	if cap(m.List)-len(m.List) > len(m.List)/8 {
		m.List, m.text = append(make([]given, 0, len(m.List)), m.List...), append(make([]byte, 0, len(m.text)), m.text...)
	}
}

// bytes returns how much memory it takes.
func (m *Imported) bytes() int64 { return 12*int64(cap(m.List)) + int64(cap(m.text)) }

// of returns the unique-id of an element of the list.
func (m *Imported) of(g given) []byte { return m.text[g.at+1:][:m.text[g.at]] }

// find returns the position of an identity, and whether the message has an imported unique-id.
func (m *Imported) find(id format.Identity) (i int, ok bool) {
	i = sort.Search(len(m.List), func(i int) bool { return m.List[i].Identity.Compare(id) >= 0 })
	return i, i < len(m.List) && m.List[i].Identity == id
}

// UID returns the unique-id of a message, or nil if it has none from another store. The next
// message of a listing costs no search.
func (m *Imported) UID(id format.Identity) []byte {
	i := m.next
	if i >= len(m.List) || m.List[i].Identity != id {
		var ok bool
		if i, ok = m.find(id); !ok {
			return nil
		}
	}
	m.next = i + 1
	return m.of(m.List[i])
}

// Expunge counts a message that was expunged. When half of them are, the others are copied to new
// memory, because views have the old.
func (m *Imported) Expunge(id format.Identity, lives func(format.Identity) bool) {
	if _, ok := m.find(id); !ok {
		return
	}
	if m.gone++; 2*m.gone < len(m.List) {
		return
	}
	kept := Imported{}
	for _, g := range m.List {
		if lives(g.Identity) {
			kept.Add(g.Identity, m.of(g))
		}
	}
	*m = kept
}
