package spool

import (
	"context"
	"iter"
	"slices"
)

// A View is a mailbox as it was when the view was made: mail that comes later is not in it, and what
// others expunge does not shift its numbers. It holds the rows that it shares with the index and 1/8 B
// a message of its own. Messages are numbered 1…Len(). It is used by one goroutine at a time.
type View struct {
	spool *Spool
	key   Key
	rows  []row
	live  ranked
}

// View freezes a mailbox. A mailbox that never had mail is empty.
func (s *Spool) View(key Key) (*View, error) {
	if s.log.isClosed() {
		return nil, ErrClosed
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	v := &View{spool: s, key: key}
	if box := s.mailboxes[key]; box != nil {
		v.rows = box.rows
		v.live = rankLive(box.dead, len(box.rows))
	}
	return v, nil
}

// Len returns how many messages there are.
func (v *View) Len() int { return v.live.live }

func (v *View) row(n int) *row { return &v.rows[v.live.find(n-1)] }

// Octets returns the size of message n as POP3 lists it.
func (v *View) Octets(n int) int64 { return int64(v.row(n).octets) }

// AppendUID appends the unique-id of message n: 20 characters, or what another store had given it.
func (v *View) AppendUID(dst []byte, n int) []byte {
	id := v.row(n).identity
	v.spool.mu.Lock()
	defer v.spool.mu.Unlock()
	if box := v.spool.mailboxes[v.key]; box != nil {
		if uid, ok := box.imported[id]; ok {
			return append(dst, uid...)
		}
	}
	return appendUID(dst, v.spool.tags[id.epoch], id.seq)
}

// Expunge removes messages durably: one flush for all of them, and a page for each few thousand. What
// is gone already is no error. On an error nothing was removed. (A tombstone record has to fit a slot: more than
// 349,525 messages at once, in slots of 4 MiB, take several records, each for itself all or none.)
func (v *View) Expunge(_ context.Context, marked iter.Seq[int]) error {
	var ids []identity
	for n := range marked {
		ids = append(ids, v.row(n).identity)
	}
	for part := range slices.Chunk(ids, int(v.spool.format.slotSize/12)) {
		if err := v.spool.commit(&expunge{key: v.key, ids: part}); err != nil {
			return err
		}
	}
	return nil
}

// Close forgets the view.
func (v *View) Close() error {
	v.rows, v.live = nil, ranked{}
	return nil
}
