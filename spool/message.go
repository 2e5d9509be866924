package spool

import (
	"errors"
	"fmt"
	"os"

	"pillarbox/spool/flash"
	"pillarbox/spool/format"
	"pillarbox/spool/index"
	"pillarbox/spool/reader"
)

// Message finds message n and pins its bytes. Before the first byte of a message is given out in
// the life of the process all of them are verified. It returns ErrGone if another view expunged the
// message and its space is used again, and ErrDamaged if the bytes do not verify.
func (v *View) Message(n int) (*Message, error) { return v.MessageAhead(n, 0) }

// MessageAhead is Message for a caller that will want the messages after n next: some of them
// are read with it, of so many octets at most. They are in memory until they are read, or Rest is
// called.
func (v *View) MessageAhead(n int, octets int64) (*Message, error) {
	s := v.spool
	at, file, found, err := v.pin(v.live.Find(n - 1))
	if err != nil {
		if expunged(err, found) {
			err = ErrGone
		}
		return nil, err
	}
	m, err := v.openAt(at, file, found, octets)
	if err != nil && v.movedSince(at) {
		return v.Message(n)
	}
	if err != nil {
		return nil, v.explain(err, at.Entry, found.Lives)
	}
	if found.Lives && !found.Verified {
		s.index.SetVerified(v.key, at.Identity)
	}
	return m, nil
}

// openAt opens a message, and reads ahead if it is to.
func (v *View) openAt(at reader.Location, file flash.File, found index.Found, octets int64) (*Message, error) {
	r := v.spool.reader
	if !v.ahead.Has(at) {
		size := int64(0)
		if octets > 0 {
			size = v.spool.index.Following(v.key, found, reader.Span(octets))
		}
		if size == 0 {
			return r.Open(at, file)
		}
		if v.ahead == nil {
			v.ahead = new(reader.Ahead)
		}
		r.Read(v.ahead, at, file, size)
	}
	return r.OpenAhead(at, file, v.ahead)
}

// pin finds an entry of the view and pins the slot that its message lies in.
func (v *View) pin(i int) (at reader.Location, file flash.File, found index.Found, err error) {
	found = v.spool.index.LocateRow(v.key, &v.rows, i)
	return v.pinFound(found.Entry, found)
}

// pinFound pins the slot of a message that the index has found there. While the slot is pinned no
// segment is written over it; so if the index still names the location then, the message is there.
// Otherwise it was moved in between, and is looked for again; also when its old slot could not be
// pinned, because nothing keeps that any more. An error comes with what the index says after it.
func (v *View) pinFound(entry index.Entry, found index.Found) (reader.Location, flash.File, index.Found, error) {
	s := v.spool
	for {
		slot := uint32(found.Slot)
		file, segment, err := s.table.Pin(slot)
		again := s.index.LocateAt(v.key, entry, found.Row)
		switch {
		case err != nil && again.Location() == found.Location():
			return reader.Location{}, nil, again, err
		case err != nil:
			found = again
			continue
		}
		if again.Location() == found.Location() {
			at := reader.Location{Entry: again.Entry, Mailbox: v.key, Tag: again.Tag, Segment: segment, Verified: again.Lives && again.Verified}
			return at, file, again, nil
		}
		s.table.Unpin(slot)
		found = again
	}
}

// movedSince reports whether a message was moved since its slot was pinned. Its record stays there,
// but the slots of its extents, which that names, are pinned later and may be used again by then.
func (v *View) movedSince(at reader.Location) bool {
	now := v.spool.index.Locate(v.key, at.Entry)
	return now.Lives && now.Location() != at.Location()
}

// expunged reports whether a slot could not be pinned because it is used again, or its file was
// removed, since the message was expunged.
func expunged(err error, found index.Found) bool {
	return !found.Lives && (errors.Is(err, os.ErrNotExist) || errors.Is(err, format.ErrUnreadable))
}

// explain turns what does not verify into what it means.
func (v *View) explain(err error, r index.Entry, live bool) error {
	if !errors.Is(err, format.ErrUnreadable) {
		return err
	}
	if !live {
		return ErrGone
	}
	v.spool.log.Damage(1)
	return fmt.Errorf("%w: slot %d at byte %d", ErrDamaged, r.Slot, int64(r.Offset)*8)
}
