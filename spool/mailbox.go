package spool

import "slices"

// A place is where a message record lies: 8 bytes.
type place struct {
	slot   uint32
	offset uint32 // in units of 8 bytes
}

// A row is a message in the index: 20 bytes. All else is in its record.
type row struct {
	identity
	octets uint32 // as listed, its head included
	offset uint32 // with slot its place, which changes when the message is moved; guarded by Spool.mu
	slot   uint16
	day    uint16 // on which it came
}

func (r *row) place() place { return place{uint32(r.slot), r.offset} }

func (r *row) move(to place) { r.slot, r.offset = uint16(to.slot), to.offset }

// dayOf returns the day of a time in seconds since 1970: 0…65535.
func dayOf(seconds int64) uint16 { return uint16(min(max(seconds/86400, 0), 1<<16-1)) }

// A mailbox is the index of one mailbox. Rows are ordered by identity, which is the order of
// arrival. Its fields are guarded by Spool.mu; rows that a view has seen do not change but
// for their place, so a view may read their identities and octets without it.
type mailbox struct {
	key      Key
	rows     []row
	dead     bitmap // by position in rows: expunged
	verified bitmap // by position in rows: its bytes have been read and verified, or written, by this process

	live     int   // rows that are not dead
	octets   int64 // of the live ones
	imported imported
	labels   map[string]marks
	habit    habit
}

// add appends a message that arrived.
func (m *mailbox) add(r row) {
	m.rows = append(m.rows, r)
	m.live++
	m.octets += int64(r.octets)
}

// kill marks a row dead.
func (m *mailbox) kill(i int) {
	m.dead.set(i)
	m.live--
	m.octets -= int64(m.rows[i].octets)
	m.imported.forget(m.rows[i].identity, m.lives)
}

// lives says whether there is a message that is not expunged.
func (m *mailbox) lives(id identity) bool {
	i, ok := m.find(id)
	return ok && !m.dead.has(i)
}

// find returns the position of an identity; ok is false when the mailbox has no such row.
func (m *mailbox) find(id identity) (i int, ok bool) {
	return findRow(m.rows, id)
}

func findRow(rows []row, id identity) (i int, ok bool) {
	return slices.BinarySearchFunc(rows, id, func(r row, id identity) int { return r.identity.compare(id) })
}

// Rows of expunged messages go when they are the greater part, and enough to be worth it.
const sweepRows = 256

// sweep forgets the dead rows. Views keep the old array, by which they find what is still on the device.
func (m *mailbox) sweep() {
	if dead := len(m.rows) - m.live; dead < sweepRows || dead < m.live {
		return
	}
	rows := make([]row, 0, m.live)
	var verified bitmap
	for i, r := range m.rows {
		if m.dead.has(i) {
			continue
		}
		if m.verified.has(i) {
			verified.set(len(rows))
		}
		rows = append(rows, r)
	}
	m.rows, m.dead, m.verified = rows, nil, verified
	for label, old := range m.labels {
		kept := make(marks, 0, len(old))
		for _, k := range old {
			if _, ok := m.find(k.identity); ok {
				kept = append(kept, k)
			}
		}
		m.labels[label] = kept
		if len(kept) == 0 {
			delete(m.labels, label)
		}
	}
}
