package recovery

import (
	"testing"

	"pillarbox/spool/format"
	"pillarbox/spool/index"
)

// TestDraft: what a footer says of its messages counts when all of it was decoded, and then as if
// it had been said to the loader.
func TestDraft(t *testing.T) {
	message := func(epoch uint32, tag uint64, uid string, keys ...format.Key) format.Summary {
		m := format.Summary{Tag: tag, First: format.Identity{Epoch: epoch}, UID: []byte(uid)}
		for _, key := range keys {
			m.Recipients = append(m.Recipients, format.Recipient{Key: key})
		}
		return m
	}
	said := []format.Summary{
		message(1, 10, "", 7), message(1, 10, "uid", 7), message(1, 10, "", 0, 8), message(2, 20, "", 7, 8, 7),
		message(1, 11, "", 7), message(1, 10, "", 7), // of another copy of the spool; of this one
	}
	direct, l := newLoader(new(Options), new(format.Format)), newLoader(new(Options), new(format.Format))
	l.draft.begin()
	for _, m := range said {
		direct.Message(m)
		l.draft.Message(m)
	}
	l.draft.begin() // the footer did not decode
	l.accept(&l.draft)
	if len(l.tallies) != 0 || len(l.data.Tags) != 0 || l.start.Damaged != 0 {
		t.Errorf("a footer that does not decode left %d mailboxes, %d opens and %d damaged records", len(l.tallies), len(l.data.Tags), l.start.Damaged)
	}
	for _, m := range said {
		l.draft.Message(m)
	}
	l.accept(&l.draft)
	for _, key := range []format.Key{7, 8} {
		got, want := l.tallies.of(key).tallied, direct.tallies.of(key).tallied
		got.uids, want.uids = index.UIDCount{Bytes: got.uids.Bytes}, index.UIDCount{Bytes: want.uids.Bytes}
		if got != want || key == 7 && got.uids.Bytes == 0 {
			t.Errorf("mailbox %d: %+v, want %+v", key, got, want)
		}
	}
	if l.start.Damaged != 1 || direct.start.Damaged != 1 || l.start.Epoch != 2 || l.data.Tags[1] != 10 || l.data.Tags[2] != 20 {
		t.Errorf("%d damaged, want 1; %v", l.start.Damaged, l.data.Tags)
	}
}

// TestTallyOfDays: mail whose days jump takes a run of the index for each jump, which counts.
func TestTallyOfDays(t *testing.T) {
	l := newLoader(new(Options), new(format.Format))
	const n = 1000
	for i := range n {
		m := format.Summary{Day: uint16(10000 + i%2*1000), Recipients: []format.Recipient{{Key: 7}}}
		if i%2 == 0 {
			l.Message(m)
			continue
		}
		l.draft.begin()
		l.draft.Message(m)
		l.accept(&l.draft)
	}
	var entries index.Entries
	box := index.Mailbox{Entries: entries}
	for i := range n {
		box.Add(index.Entry{Identity: format.Identity{Epoch: 1, Seq: uint32(i)}, Day: uint16(10000 + i%2*1000)})
	}
	if got, want := l.expected(), box.Bytes(); got < want-index.RunBytes*n/2 || got < (index.EntryBytes+index.RunBytes-1)*n {
		t.Errorf("%d octets are expected, and %d are taken", got, want)
	}
}
