package index

import "pillarbox/spool/format"

// LabelShare is how much more than Options.IndexBytes the index may take before labels are refused:
// a label is how a message is deleted for one device, so it is accepted when new mail is not.
const LabelShare = 2

// Crowded reports whether the index has no room for a number of bytes more, or some messages are
// hidden.
func (x *Index) Crowded(bytes int64) bool {
	x.mu.Lock()
	defer x.mu.Unlock()
	return x.crowded(bytes)
}

// crowded is called with the lock held.
func (x *Index) crowded(bytes int64) bool {
	return x.data.Hidden > 0 || x.opt.IndexBytes > 0 && x.data.Bytes()+x.reserved+bytes > x.opt.IndexBytes
}

// Reserve takes the memory that a delivery will need, until Unreserve. It returns false if there is
// none.
func (x *Index) Reserve(bytes int64) bool {
	x.mu.Lock()
	defer x.mu.Unlock()
	if x.crowded(bytes) {
		return false
	}
	x.reserved += bytes
	return true
}

// Unreserve gives back memory that Reserve took.
func (x *Index) Unreserve(bytes int64) {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.reserved -= bytes
}

// LabelRoom reports whether there is memory for labels of a number of messages more.
func (x *Index) LabelRoom(messages int) bool {
	x.mu.Lock()
	defer x.mu.Unlock()
	return x.opt.IndexBytes == 0 || x.data.Bytes()+LabelBytes*int64(messages) <= LabelShare*x.opt.IndexBytes
}

// MailboxRoom reports whether a mailbox may hold that many octets more and stay within most octets,
// and whether its index may take another message and stay within share percent of the bound.
func (x *Index) MailboxRoom(key format.Key, octets, most, share int64) bool {
	x.mu.Lock()
	defer x.mu.Unlock()
	box := x.data.Mailboxes[key]
	return box == nil || box.Octets+octets <= most &&
		(x.opt.IndexBytes == 0 || box.Bytes()+EntryBytes <= x.opt.IndexBytes/100*share)
}

// EntryRoom reports whether the index of a mailbox may take the memory of another message and stay
// within a number of bytes.
func (x *Index) EntryRoom(key format.Key, most int64) bool {
	x.mu.Lock()
	defer x.mu.Unlock()
	box := x.data.Mailboxes[key]
	return box == nil || box.Bytes()+EntryBytes <= most
}

// Totals are the counters of an index.
type Totals struct {
	Mailboxes int // that have mail
	Messages  int
	Hidden    int
	Bytes     int64
	Crowded   bool
}

// Totals counts.
func (x *Index) Totals() Totals {
	x.mu.Lock()
	defer x.mu.Unlock()
	t := Totals{Hidden: x.data.Hidden, Bytes: x.data.Bytes(), Crowded: x.crowded(EntryBytes)}
	for _, box := range x.data.Mailboxes {
		if box.Live > 0 {
			t.Mailboxes++
			t.Messages += box.Live
		}
	}
	return t
}

// RereadDue reports whether hidden messages should appear: few of the others are left, or all have
// room, or a mailbox has none left that can be seen. A view of such a mailbox keeps its memory, so
// it is waited for.
func (x *Index) RereadDue() bool {
	x.mu.Lock()
	defer x.mu.Unlock()
	return x.rereadDue()
}
