package spool

import "sort"

// An imported is the unique-ids that another store had given to messages of a mailbox: 16 B and the text for each, of expunged
// messages too, until those are as many as the others. Spool.mu guards that of the index. A view has its own copy, with the same
// memory: what is there does not change, once a start has put it in order.
type imported struct {
	list []given // ordered by identity
	text []byte
	gone int // of expunged messages
	next int // where a listing goes on
}

// A given is an imported unique-id: 16 bytes.
type given struct {
	identity
	at, octets uint32 // in text
}

// add appends a unique-id. A start puts the list in order when it has all.
func (m *imported) add(id identity, uid string) {
	m.list = append(m.list, given{id, uint32(len(m.text)), uint32(len(uid))})
	m.text = append(m.text, uid...)
}

// order sorts the list. Of a message that was read twice, because it was moved, one is left, and of one that does not count none.
func (m *imported) order(lives func(identity) bool) {
	arrange(m.list, func(a, b given) int { return a.identity.compare(b.identity) })
	kept := m.list[:0]
	for _, g := range m.list {
		if n := len(kept); (n == 0 || kept[n-1].identity != g.identity) && lives(g.identity) {
			kept = append(kept, g)
		}
	}
	m.list = kept
}

// find returns the position of an identity; ok is false when the message has no imported unique-id.
func (m *imported) find(id identity) (i int, ok bool) {
	i = sort.Search(len(m.list), func(i int) bool { return m.list[i].identity.compare(id) >= 0 })
	return i, i < len(m.list) && m.list[i].identity == id
}

// uid returns the unique-id of a message, nil when it has none of another store. The next one of a listing costs no search.
func (m *imported) uid(id identity) []byte {
	i := m.next
	if i >= len(m.list) || m.list[i].identity != id {
		var ok bool
		if i, ok = m.find(id); !ok {
			return nil
		}
	}
	m.next = i + 1
	g := m.list[i]
	return m.text[g.at:][:g.octets]
}

// forget notes that a message was expunged. When half are, the living ones move to new memory, for views have the old.
func (m *imported) forget(id identity, lives func(identity) bool) {
	if _, ok := m.find(id); !ok {
		return
	}
	if m.gone++; 2*m.gone < len(m.list) {
		return
	}
	kept := imported{}
	for _, g := range m.list {
		if lives(g.identity) {
			kept.add(g.identity, string(m.text[g.at:][:g.octets]))
		}
	}
	*m = kept
}
