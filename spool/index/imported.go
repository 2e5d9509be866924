package index

import (
	"sort"

	"pillarbox/spool/format"
)

// Imported holds the unique-ids that messages of a mailbox had in another store, each as its
// difference from the one before: 5 B where the other store counted (Dovecot), 13 B for names of
// files in a Maildir, 20 B for sums of the content (TestImportedMemory). Expunged messages are
// included, until those are as many as the others. A snapshot shares this memory; only bytes behind
// its end change.
//
// The unique-ids are in blocks, so that one is found without decoding all before it. A block is of
// one open, and lies in one chunk. Its first unique-id is encoded against an empty one, with a
// number difference of 0. No other has 0, so a 0 also ends a block that is not full.
type Imported struct {
	blocks []uidBlock // ordered by identity
	chunks [][]byte   // of uidChunk bytes each; few unique-ids have one smaller chunk
	end    uint32     // of the last block
	count  int
	// greatest is at least the identity of each.
	greatest format.Identity

	gone  int       // how many are of expunged messages
	last  *uidState // the last one, while some are added
	at    *uidState // the one that was read last
	mixed bool      // not in order
}

// A uidBlock is up to uidsPerBlock unique-ids.
type uidBlock struct {
	format.Identity        // of the first
	begin           uint32 // the chunk times uidChunk, and the offset in it
}

const (
	uidsPerBlock  = 32
	uidBlockBytes = 12
	uidChunk      = 4096
)

// A uidState is a unique-id among the others.
type uidState struct {
	uidCode
	id    format.Identity
	after format.Identity // no message between after and id has a unique-id
	block int
	n     int    // how many of the block were read, or added; 0 if it is not a unique-id yet
	next  uint32 // where the one behind it begins, as begin of a block
}

// Len returns how many unique-ids there are.
func (m *Imported) Len() int { return m.count }

// snapshot returns a copy in which those that are added later are not.
func (m *Imported) snapshot() Imported {
	return Imported{blocks: m.blocks, chunks: m.chunks, end: m.end, count: m.count, greatest: m.greatest}
}

// Add appends a unique-id, which is not empty. A start sorts them when all are there, see Trim.
func (m *Imported) Add(id format.Identity, uid []byte) {
	if m.last == nil {
		m.last = &uidState{n: uidsPerBlock}
	}
	s := m.last
	inOrder := m.count > 0 && s.id.Compare(id) < 0
	m.mixed = m.mixed || m.count > 0 && !inOrder
	chunk := m.room()
	if s.n == uidsPerBlock || s.id.Epoch != id.Epoch || !inOrder || m.end%uidChunk == 0 {
		m.blocks = append(m.blocks, uidBlock{id, m.end})
		s.uidCode, s.id, s.n = uidCode{}, id, 0
	}
	m.end += uint32(len(s.append(chunk[:0], id.Seq-s.id.Seq, uid)))
	s.id = id
	s.n++
	m.count++
	if m.greatest.Compare(id) < 0 {
		m.greatest = id
	}
}

// room returns the rest of the last chunk, in which there is room for a unique-id, and sets end to
// its beginning.
func (m *Imported) room() []byte {
	k := len(m.chunks) - 1
	if k < 0 {
		m.chunks = [][]byte{make([]byte, mostUIDBytes)}
		return m.chunks[0]
	}
	used := int(m.end) - k*uidChunk
	switch have := len(m.chunks[k]); {
	case have-used >= mostUIDBytes:
		return m.chunks[k][used:]
	case have == uidChunk:
		m.chunks = append(m.chunks, make([]byte, uidChunk))
		m.end = uint32(k+1) * uidChunk
		return m.chunks[k+1]
	default: // the first chunk grows until it has the size of the others
		larger := make([]byte, min(uidChunk, max(2*have, used+mostUIDBytes)))
		copy(larger, m.chunks[k])
		m.chunks = [][]byte{larger}
		return larger[used:]
	}
}

// Trim sorts the unique-ids when a start has added all of them, and frees memory that was not
// needed.
func (m *Imported) Trim() {
	if m.mixed {
		m.sort()
	}
	if cap(m.blocks)-len(m.blocks) > len(m.blocks)/8 {
		m.blocks = append(make([]uidBlock, 0, len(m.blocks)), m.blocks...)
	}
}

// sort adds all of them again, in order. Of two of a message one stays. A start has no memory to
// spare: beside the sorted ones it takes what a uidSorter has, and 16 bytes a block.
func (m *Imported) sort() {
	last := make([]format.Identity, len(m.blocks))
	order := make([]int, len(m.blocks))
	var s uidState
	for i := range m.blocks {
		for m.start(&s, i); m.advance(&s); {
		}
		last[i], order[i] = s.id, i
	}
	format.Sort(order, func(a, b int) int { return m.blocks[a].Compare(m.blocks[b].Identity) })
	sorted := Imported{gone: m.gone}
	next := newUIDSorter(m.count)
	for {
		for _, block := range order {
			if next.beyond(m.blocks[block].Identity) {
				break
			}
			if next.done(last[block]) {
				continue
			}
			for m.start(&s, block); m.advance(&s); {
				next.add(s.id, s.uid())
			}
		}
		if !next.take(sorted.Add) {
			break
		}
	}
	*m = sorted
}

// bytes returns how much memory it takes.
func (m *Imported) bytes() int64 {
	n := uidBlockBytes * int64(cap(m.blocks))
	if k := len(m.chunks); k > 0 {
		n += int64(k-1)*uidChunk + int64(len(m.chunks[k-1]))
	}
	return n
}

// start puts a state in front of a block.
func (m *Imported) start(s *uidState, block int) {
	first := m.blocks[block].Identity
	*s = uidState{id: first, after: first, block: block, next: m.blocks[block].begin}
}

// advance moves a state to the next unique-id of its block, and reports whether there is one.
func (m *Imported) advance(s *uidState) bool {
	if s.next == m.end {
		return false // behind it others may be added at this moment
	}
	if s.n > 0 && (s.n == uidsPerBlock || s.next%uidChunk == 0) {
		return false
	}
	from := m.chunks[s.next/uidChunk][s.next%uidChunk:]
	if s.n > 0 && (len(from) == 0 || from[0] == 0) {
		return false
	}
	seqs, n := s.read(from)
	s.id.Seq += seqs
	s.next += uint32(n)
	s.n++
	return true
}

// each calls do with all unique-ids.
func (m *Imported) each(do func(id format.Identity, uid []byte)) {
	var s uidState
	for block := range m.blocks {
		for m.start(&s, block); m.advance(&s); {
			do(s.id, s.uid())
		}
	}
}

// find moves a state to the unique-id of a message, and reports whether there is one.
func (m *Imported) find(s *uidState, id format.Identity) bool {
	block := sort.Search(len(m.blocks), func(i int) bool { return m.blocks[i].Compare(id) > 0 }) - 1
	if block < 0 {
		return false
	}
	for m.start(s, block); m.advance(s); {
		if order := s.id.Compare(id); order >= 0 {
			return order == 0
		}
		s.after = s.id
	}
	return false
}

// UID returns the unique-id of a message, or nil if it has none from another store. It is valid
// until the next call. The next message of a listing costs no search.
func (m *Imported) UID(id format.Identity) []byte {
	if m.greatest.Compare(id) < 0 {
		return nil
	}
	if m.at == nil {
		m.at = &uidState{}
	}
	s := m.at
	if s.n > 0 && s.after.Compare(id) < 0 {
		if s.id.Compare(id) < 0 {
			s.after = s.id
			m.advance(s)
		}
		if order := s.id.Compare(id); order == 0 {
			return s.uid()
		} else if order > 0 {
			return nil
		}
	}
	if !m.find(s, id) {
		return nil
	}
	return s.uid()
}

// Expunge counts a message that was expunged. When half of them are, the others are copied to new
// memory, because views have the old.
func (m *Imported) Expunge(id format.Identity, lives func(format.Identity) bool) {
	var s uidState
	if !m.find(&s, id) {
		return
	}
	if m.gone++; 2*m.gone < m.count {
		return
	}
	kept := Imported{}
	m.each(func(id format.Identity, uid []byte) {
		if lives(id) {
			kept.Add(id, uid)
		}
	})
	*m = kept
}
