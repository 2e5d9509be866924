package spool

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"sort"

	"pillarbox/spool/commit"
	"pillarbox/spool/format"
	"pillarbox/spool/index"
)

// A RemoteID is how a message is called at the provider that it was fetched from. The spool keeps
// it beside the message, in the same batch, and after the message was expunged: so no message is
// fetched twice, and none that is not here is taken for one that is.
type RemoteID struct {
	Account     uint64   // the account at the provider, as the caller calls it; 0: none
	ID          [12]byte // of the message in that account
	Fingerprint [12]byte // of its header; zero: it has none
}

// A RemoteMessage is what the spool keeps for an id.
type RemoteMessage struct {
	RemoteID
	Day     int    // since 1970, on which it became durable here
	Mailbox Key    // that it came into; 0: it was noted without a message
	tag     uint64 // its identity
	seq     uint32
}

// HasRemote reports whether the spool has an id of an account.
func (s *Spool) HasRemote(account uint64, id [12]byte) bool { return s.index.HasRemote(account, id) }

// RemoteCount returns how many ids of an account there are.
func (s *Spool) RemoteCount(account uint64) int { return s.index.RemoteCount(account) }

// RemoteIDs returns a copy of the ids of an account, sorted: 12 B each.
func (s *Spool) RemoteIDs(account uint64) [][12]byte { return s.index.RemoteIDs(account) }

// notePart is how many ids without messages are written in one batch.
const notePart = 1 << 10

// NoteRemotes keeps ids without messages, durably: of messages that are not to be fetched. It takes
// a flush for each thousand.
func (s *Spool) NoteRemotes(ids []RemoteID) error {
	part := min(notePart, int(s.format.SlotSize/512))
	for some := range slices.Chunk(ids, part) {
		note := &commit.RemoteNote{}
		for _, id := range some {
			note.Noted = append(note.Noted, format.RemoteSet{
				Account: id.Account, Day: s.today(), Settled: true,
				IDs: []format.RemoteID{{ID: id.ID, Fingerprint: id.Fingerprint}},
			})
		}
		note.Noted = format.MergeRemotes(note.Noted)
		if err := s.log.Commit(note); err != nil {
			return err
		}
	}
	return nil
}

// ForgetRemotes removes ids from memory: their messages are no longer at the provider. They leave
// the device when their segment is retired, and until then come back with the next start.
func (s *Spool) ForgetRemotes(account uint64, gone func(id [12]byte) bool) {
	s.index.ForgetRemotes(account, gone)
}

// Remotes reads from the device what is kept for the ids of an account, in no order. An id can come
// more than once: when it was written again, or was given to another message.
func (s *Spool) Remotes(ctx context.Context, account uint64, each func(RemoteMessage)) error {
	homes := make(map[uint64]struct{})
	s.index.Read(func(d *index.Data) { maps.Copy(homes, d.RemoteHomes) })
	for _, g := range s.table.Segments() {
		if err := ctx.Err(); err != nil {
			return err
		}
		if _, some := homes[g.Header.Segment]; !some || !g.Counts() {
			continue
		}
		if err := s.table.Cleaning().Visit(g.Slot, &remoteReader{spool: s, account: account, each: each}); err != nil {
			return fmt.Errorf("read slot %d: %w", g.Slot, err)
		}
	}
	return nil
}

// A remoteReader reads the ids of one account.
type remoteReader struct {
	format.Discard
	spool   *Spool
	account uint64
	each    func(RemoteMessage)
}

func (r *remoteReader) Remotes(g format.RemoteSet) {
	if g.Account != r.account {
		return
	}
	for _, id := range g.IDs {
		if r.spool.HasRemote(g.Account, id.ID) {
			r.each(RemoteMessage{RemoteID: RemoteID{g.Account, id.ID, id.Fingerprint}, Day: int(g.Day), Mailbox: g.Key, tag: g.Tag, seq: id.Seq})
		}
	}
}

// FindRemote returns the number of a message in a view of its mailbox; found is false if it was
// expunged.
func (v *View) FindRemote(m RemoteMessage) (n int, found bool) {
	if m.Mailbox != v.key || m.tag == 0 {
		return 0, false
	}
	epoch := v.spool.index.EpochOf(m.tag)
	id := format.Identity{Epoch: epoch, Seq: m.seq}
	n = sort.Search(v.Len(), func(i int) bool { return v.identity(i+1).Compare(id) >= 0 }) + 1
	return n, epoch != 0 && n <= v.Len() && v.identity(n) == id
}
