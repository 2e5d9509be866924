package index

import "pillarbox/spool/format"

// mostBetween is how many bytes may lie between two messages that are read at once.
const mostBetween = 4 << 10

// A Span limits what is read at once.
type Span struct {
	Size    int64 // bytes in all
	More    int64 // that a message takes at most, beside its octets
	Largest int64 // octets of a message
}

// Following returns how many bytes are to be read from the location of a message on, so that they
// have the messages of its mailbox that follow it in the slot as well; 0 if there is none. at is
// what Locate has found. All of them were written, and flushed, before Following was called.
func (x *Index) Following(key format.Key, at Found, most Span) (size int64) {
	x.mu.Lock()
	defer x.mu.Unlock()
	box := x.data.Mailboxes[key]
	if box == nil || int64(at.Octets) > most.Largest {
		return 0
	}
	if i, ok := box.FindAt(at.Row, at.Identity); !ok || i != at.Row || box.Entries.At(i).Location() != at.Location() {
		return 0
	}
	start := 8 * int64(at.Offset)
	end := start + int64(at.Octets)
	for i := at.Row + 1; i < box.Entries.N; i++ {
		e := box.Entries.At(i)
		begins := 8 * int64(e.Offset)
		if x.data.extended(e.Location()) {
			break // its record is shorter than its octets: what is behind it may not be written yet
		}
		if e.Slot != at.Slot || begins < end || begins > end+mostBetween || int64(e.Octets) > most.Largest {
			break
		}
		end = begins + int64(e.Octets)
		if end+most.More > start+most.Size {
			break
		}
		size = end + most.More - start
	}
	return size
}
