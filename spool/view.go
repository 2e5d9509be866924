package spool

import (
	"context"
	"fmt"
	"iter"
	"slices"

	"pillarbox/spool/commit"
	"pillarbox/spool/format"
	"pillarbox/spool/index"
	"pillarbox/spool/reader"
)

// A View is a mailbox as it was when the view was made: mail that comes later is not in it, and
// what others expunge does not shift its numbers. It holds the rows that it shares with the index
// and 1/8 B a message of its own. Messages are numbered 1…Len(). It is used by one goroutine at a
// time.
type View struct {
	spool *Spool
	key   Key
	rows  index.Entries
	live  index.Ranked

	labels   map[string]index.Labelled
	imported *index.Imported // nil if no message has another store's unique-id
	epoch    uint32          // of the message whose unique-id was asked for last
	open     bool            // it was frozen, and is to be released
	tag      uint64          // of that epoch; 0 before the first one

	ahead *reader.Ahead // messages that were read ahead; nil before the first ones
}

// View freezes a mailbox. A mailbox that never had mail is empty.
func (s *Spool) View(key Key) (*View, error) {
	if s.log.Closed() {
		return nil, ErrClosed
	}
	f, ok := s.index.Freeze(key)
	return &View{spool: s, key: key, open: ok, rows: f.Entries, live: f.Live, labels: f.Labels, imported: f.Imported}, nil
}

// Len returns how many messages there are.
func (v *View) Len() int { return v.live.Live }

func (v *View) identity(n int) format.Identity { return v.rows.Identity(v.live.Find(n - 1)) }

// Octets returns the size of message n as POP3 lists it.
func (v *View) Octets(n int) int64 { return int64(v.rows.Octets(v.live.Find(n - 1))) }

// Day returns the day on which message n came, by the clock of then: days since 1970-01-01 UTC,
// 0…65535.
func (v *View) Day(n int) int { return int(v.rows.Day(v.live.Find(n - 1))) }

// AppendUID appends the unique-id of message n: 20 characters, or what another store had given it.
// For most of a listing it takes no lock: that is a third of what a listing costs.
func (v *View) AppendUID(dst []byte, n int) []byte {
	id := v.identity(n)
	if v.imported != nil {
		if uid := v.imported.UID(id); uid != nil {
			return append(dst, uid...)
		}
	}
	if id.Epoch != v.epoch || v.tag == 0 {
		v.epoch, v.tag = id.Epoch, v.spool.index.Tag(id.Epoch)
	}
	return format.AppendUID(dst, v.tag, id.Seq)
}

// A Change is what a session leaves behind.
type Change struct {
	Expunge iter.Seq[int] // messages to remove; nil: none
	Marks   []Mark
}

// changeShare of a slot's bytes is how many messages one batch may change: at most 5 bytes each.
const changeShare = 24

// Update makes a change: all or none of it, durable when it returns nil, with one flush and a page
// for each few thousand messages. What is gone already is no error. (A batch has to be short: a
// change of more than 174,762 messages at once, in slots of 4 MiB, takes several flushes, each for
// itself all or none, of 32,768 messages.) Labels for which the index has no memory are refused
// with ErrFull, and the change with them.
func (v *View) Update(_ context.Context, c Change) error {
	all, marks := lengthOf(c.Expunge), 0
	for _, m := range c.Marks {
		if m.Label == "" || len(m.Label) > MaxLabel || m.Day < 0 || m.Day > 1<<16-1 {
			return fmt.Errorf("spool: a label has 1…%d bytes and a day 0…65535, not %q and %d", MaxLabel, m.Label, m.Day)
		}
		marks += lengthOf(m.Messages)
	}
	if marks > 0 && !v.spool.index.LabelRoom(marks) {
		return crowded{}
	}
	if all += marks; all > int(v.spool.format.SlotSize/changeShare) {
		return v.updateInParts(c)
	}
	var changes []commit.Change
	for part := range v.parts(c.Expunge, all) {
		changes = append(changes, &commit.Expunge{Key: v.key, IDs: part})
	}
	for _, m := range c.Marks {
		for part := range v.parts(m.Messages, all) {
			changes = append(changes, &commit.Labelling{Wanted: v.label(m, part)})
		}
	}
	if len(changes) == 0 {
		return nil
	}
	return v.spool.log.Commit(changes...)
}

// partSize is how many messages a part of a large change has, so that it takes little memory.
const partSize = 1 << 15

// updateInParts makes a change that is too large for one batch.
func (v *View) updateInParts(c Change) error {
	size := min(partSize, int(v.spool.format.SlotSize/changeShare))
	for part := range v.parts(c.Expunge, size) {
		if err := v.spool.log.Commit(&commit.Expunge{Key: v.key, IDs: part}); err != nil {
			return err
		}
	}
	for _, m := range c.Marks {
		for part := range v.parts(m.Messages, size) {
			if err := v.spool.log.Commit(&commit.Labelling{Wanted: v.label(m, part)}); err != nil {
				return err
			}
		}
	}
	return nil
}

// lengthOf returns how many messages there are; if messages is nil, 0.
func lengthOf(messages iter.Seq[int]) (n int) {
	if messages != nil {
		for range messages {
			n++
		}
	}
	return n
}

// parts returns the identities of some messages in parts of a size, each part ascending and each
// identity in it once.
func (v *View) parts(messages iter.Seq[int], size int) iter.Seq[[]format.Identity] {
	return func(yield func([]format.Identity) bool) {
		if messages == nil {
			return
		}
		var ids []format.Identity
		flush := func() bool {
			format.Sort(ids, format.Identity.Compare)
			part := slices.Compact(ids)
			ids = nil
			return len(part) == 0 || yield(part)
		}
		for n := range messages {
			if ids == nil {
				ids = make([]format.Identity, 0, size)
			}
			if ids = append(ids, v.identity(n)); len(ids) == size && !flush() {
				return
			}
		}
		flush()
	}
}

// label sorts messages by the open that they came in.
func (v *View) label(m Mark, ids []format.Identity) []format.LabelSet {
	var list []format.LabelSet
	for _, id := range ids {
		if n := len(list); n == 0 || list[n-1].Epoch != id.Epoch {
			tag := v.spool.index.Tag(id.Epoch)
			list = append(list, format.LabelSet{Label: m.Label, Key: v.key, Day: uint16(m.Day), Epoch: id.Epoch, Tag: tag})
		}
		last := &list[len(list)-1]
		last.Seqs = append(last.Seqs, id.Seq)
	}
	return list
}

// Expunge is Update that only removes messages.
func (v *View) Expunge(ctx context.Context, marked iter.Seq[int]) error {
	return v.Update(ctx, Change{Expunge: marked})
}

// Rest releases what was read ahead. It is called before the caller waits for something.
func (v *View) Rest() {
	if v.ahead != nil {
		v.spool.reader.Forget(v.ahead)
	}
}

// Close releases the view. A second one does nothing.
func (v *View) Close() error {
	v.Rest()
	if v.open && v.spool.index.Release(v.key) {
		v.spool.wake()
	}
	*v = View{spool: v.spool, key: v.key}
	return nil
}

// A Mark is a label that messages of a view are given, and a day. What labels mean is the caller's;
// the spool keeps them as long as the message lives. A message that has the label already keeps the
// earlier day of the two.
type Mark struct {
	Label    string // 1…MaxLabel bytes
	Day      int    // since 1970-01-01, 0…65535
	Messages iter.Seq[int]
}

// Marked returns whether message n had a label when the view was made, and the day that came with
// it.
func (v *View) Marked(label string, n int) (day int, ok bool) {
	m := v.labels[label]
	i, ok := m.Find(v.identity(n))
	if !ok {
		return 0, false
	}
	return int(m[i].Day), true
}

// Labels returns which labels messages of the view may have, in no order.
func (v *View) Labels() iter.Seq[string] {
	return func(yield func(string) bool) {
		for label := range v.labels {
			if !yield(label) {
				return
			}
		}
	}
}
