package spool

import (
	"context"
	"fmt"
	"iter"
	"maps"
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

	labels   map[string]marks
	imported *imported // nil: no message has another store's unique-id
	epoch    uint32    // of the message whose unique-id was told last
	tag      uint64    // of that epoch; 0: none was told
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
		v.labels = maps.Clone(box.labels)
		if len(box.imported.list) > 0 {
			own := box.imported
			v.imported = &own
		}
	}
	return v, nil
}

// Len returns how many messages there are.
func (v *View) Len() int { return v.live.live }

func (v *View) row(n int) *row { return &v.rows[v.live.find(n-1)] }

// Octets returns the size of message n as POP3 lists it.
func (v *View) Octets(n int) int64 { return int64(v.row(n).octets) }

// Day returns the day on which message n came, by the clock of then: days since 1970-01-01 UTC, 0…65535.
func (v *View) Day(n int) int { return int(v.row(n).day) }

// AppendUID appends the unique-id of message n: 20 characters, or what another store had given it. For most of a listing it asks
// nobody: that is a third of what a listing costs.
func (v *View) AppendUID(dst []byte, n int) []byte {
	id := v.row(n).identity
	if v.imported != nil {
		if uid := v.imported.uid(id); uid != nil {
			return append(dst, uid...)
		}
	}
	if id.epoch != v.epoch || v.tag == 0 {
		v.spool.mu.Lock()
		v.epoch, v.tag = id.epoch, v.spool.tags[id.epoch]
		v.spool.mu.Unlock()
	}
	return appendUID(dst, v.tag, id.seq)
}

// A Change is what a session leaves behind.
type Change struct {
	Expunge iter.Seq[int] // messages to remove; nil: none
	Marks   []Mark
}

// changeShare of a slot's bytes is how many messages one batch may change: at most 5 bytes each.
const changeShare = 24

// Update makes a change: all or none of it, durable when it returns nil, with one flush and a page for each few thousand
// messages. What is gone already is no error. (A batch has to be short: a change of more than 174,762 messages at once, in slots of
// 4 MiB, takes several flushes, each for itself all or none.)
func (v *View) Update(_ context.Context, c Change) error {
	limit := int(v.spool.format.slotSize / changeShare)
	all := 0
	var facts []fact
	for part := range slices.Chunk(v.identities(c.Expunge), limit) {
		facts = append(facts, &expunge{key: v.key, ids: part})
		all += len(part)
	}
	for _, m := range c.Marks {
		if m.Label == "" || len(m.Label) > MaxLabel || m.Day < 0 || m.Day > 1<<16-1 {
			return fmt.Errorf("spool: a label has 1…%d bytes and a day 0…65535, not %q and %d", MaxLabel, m.Label, m.Day)
		}
		for part := range slices.Chunk(v.identities(m.Messages), limit) {
			facts = append(facts, &labelling{wanted: v.label(m, part)})
			all += len(part)
		}
	}
	if all <= limit {
		limit = max(1, len(facts))
	} else {
		limit = 1
	}
	for part := range slices.Chunk(facts, limit) {
		if err := v.spool.commit(part...); err != nil {
			return err
		}
	}
	return nil
}

// identities returns those of some messages, ascending and each once.
func (v *View) identities(messages iter.Seq[int]) []identity {
	if messages == nil {
		return nil
	}
	var ids []identity
	for n := range messages {
		ids = append(ids, v.row(n).identity)
	}
	arrange(ids, identity.compare)
	return slices.Compact(ids)
}

// label sorts messages by the open that they came in.
func (v *View) label(m Mark, ids []identity) []labelled {
	var list []labelled
	v.spool.mu.Lock()
	defer v.spool.mu.Unlock()
	for _, id := range ids {
		if n := len(list); n == 0 || list[n-1].epoch != id.epoch {
			list = append(list, labelled{m.Label, v.key, uint16(m.Day), id.epoch, v.spool.tags[id.epoch], nil})
		}
		last := &list[len(list)-1]
		last.seqs = append(last.seqs, id.seq)
	}
	return list
}

// Expunge is Update that only removes messages.
func (v *View) Expunge(ctx context.Context, marked iter.Seq[int]) error {
	return v.Update(ctx, Change{Expunge: marked})
}

// Close forgets the view. A second one does nothing.
func (v *View) Close() error {
	*v = View{spool: v.spool, key: v.key}
	return nil
}
