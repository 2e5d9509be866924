package format

import (
	"slices"

	"github.com/tinylib/msgp/msgp"
)

// RemoteIDLength is the length of a remote id and of a fingerprint in bytes.
const RemoteIDLength = 12

// A RemoteID is how a message is called at the provider that it was fetched from.
type RemoteID struct {
	ID          [RemoteIDLength]byte
	Fingerprint [RemoteIDLength]byte // of its header; zero: it has none
	Seq         uint32               // of the message, in the open of the set
}

// A RemoteSet is a part of a record of remote ids: messages that were fetched from one account at a
// provider in one open. It is written in the batch of its messages, and again when its segment is
// to be retired. It counts as long as a segment that counts holds it.
type RemoteSet struct {
	Account uint64 // the account at the provider, as the caller calls it
	Key     Key    // the mailbox that the messages came into
	Day     uint16 // on which they came, or were settled
	Epoch   uint32
	Tag     uint64
	// Settled says that the ids count whatever became of the messages. Otherwise an id counts only
	// if its message verifies or was expunged: without its message it would hide a message that was
	// lost.
	Settled bool
	IDs     []RemoteID // by Seq, ascending
}

// RemoteSetSize bounds the bytes of a RemoteSet without its ids, and RemoteIDSize those of an id.
const (
	RemoteSetSize = 48
	RemoteIDSize  = 2 + 2*RemoteIDLength + 5
)

// Weight bounds the bytes of the set.
func (g *RemoteSet) Weight() int64 { return RemoteSetSize + RemoteIDSize*int64(len(g.IDs)) }

func appendRemoteSet(b []byte, g *RemoteSet) []byte {
	b = msgp.AppendArrayHeader(b, 7)
	b = msgp.AppendUint64(b, g.Account)
	b = msgp.AppendUint64(b, uint64(g.Key))
	b = msgp.AppendUint16(b, g.Day)
	b = msgp.AppendUint32(b, g.Epoch)
	b = msgp.AppendUint64(b, g.Tag)
	settled := uint32(0)
	if g.Settled {
		settled = 1
	}
	b = msgp.AppendUint32(b, settled)
	b = msgp.AppendArrayHeader(b, uint32(2*len(g.IDs)))
	last := uint32(0)
	for i := range g.IDs {
		id := &g.IDs[i]
		var both [2 * RemoteIDLength]byte
		copy(both[:], id.ID[:])
		copy(both[RemoteIDLength:], id.Fingerprint[:])
		b = msgp.AppendBytes(b, both[:])
		b = msgp.AppendUint32(b, id.Seq-last)
		last = id.Seq
	}
	return b
}

func (r *reader) remoteSet() RemoteSet {
	if r.array() != 7 {
		r.err = ErrUnreadable
		return RemoteSet{}
	}
	g := RemoteSet{Account: r.uint64(), Key: Key(r.uint64())}
	day := r.uint32()
	g.Epoch, g.Tag = r.uint32(), r.uint64()
	settled := r.uint32()
	if day > 1<<16-1 || settled > 1 {
		r.err = ErrUnreadable
	}
	g.Day, g.Settled = uint16(day), settled == 1
	n := r.pairs()
	g.IDs = make([]RemoteID, 0, min(n, len(r.rest)/(2*RemoteIDLength)+1))
	last := uint32(0)
	for range n {
		both := r.octets(2 * RemoteIDLength)
		last += r.uint32()
		if r.err != nil {
			return RemoteSet{}
		}
		id := RemoteID{Seq: last}
		copy(id.ID[:], both)
		copy(id.Fingerprint[:], both[RemoteIDLength:])
		g.IDs = append(g.IDs, id)
	}
	return g
}

// EncodeRemotes returns the meta of a record of remote ids: an array of RemoteSets.
func EncodeRemotes(list []RemoteSet) []byte {
	b := msgp.AppendArrayHeader(nil, uint32(len(list)))
	for i := range list {
		b = appendRemoteSet(b, &list[i])
	}
	return b
}

// DecodeRemotes reads what EncodeRemotes returns.
func DecodeRemotes(meta []byte) ([]RemoteSet, error) {
	r := reader{rest: meta}
	list := r.remoteSets()
	return list, r.end()
}

func (r *reader) remoteSets() []RemoteSet {
	n := r.array()
	list := make([]RemoteSet, 0, min(n, 16))
	for range n {
		if r.err != nil {
			return nil
		}
		list = append(list, r.remoteSet())
	}
	return list
}

// MergeRemotes merges the sets that differ in their ids only.
func MergeRemotes(list []RemoteSet) []RemoteSet {
	var merged []RemoteSet
	for _, g := range list {
		i := slices.IndexFunc(merged, func(m RemoteSet) bool {
			return m.Account == g.Account && m.Key == g.Key && m.Day == g.Day && m.Epoch == g.Epoch && m.Tag == g.Tag && m.Settled == g.Settled
		})
		if i < 0 {
			g.IDs = slices.Clone(g.IDs)
			merged = append(merged, g)
			continue
		}
		merged[i].IDs = append(merged[i].IDs, g.IDs...)
	}
	for i := range merged {
		Sort(merged[i].IDs, func(a, b RemoteID) int { return int(int64(a.Seq) - int64(b.Seq)) })
	}
	return merged
}
