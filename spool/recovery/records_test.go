package recovery

import (
	"fmt"
	"slices"
	"testing"

	"pillarbox/spool/format"
	"pillarbox/spool/index"
)

// everyWay runs a test of one hot segment three ways: as it grows, read record by record; sealed,
// read by its footer; and sealed with a footer that does not verify.
func everyWay(t *testing.T, lay func(im *image, s *laid), check func(im *image, s *Spool)) {
	t.Helper()
	for _, way := range []string{"growing", "footer", "damaged footer"} {
		t.Run(way, func(t *testing.T) {
			im := newImage(t)
			s := im.begin(0, 1, format.ClassLog)
			lay(im, s)
			if way != "growing" {
				s.seal()
			}
			if way == "damaged footer" {
				s.damage(testSlot/format.Unit-1, format.Unit-format.TrailerSize+10)
			}
			check(im, im.open())
		})
	}
}

// TestMessages: a message is there for each of its recipients, with consecutive numbers, where its
// record lies.
func TestMessages(t *testing.T) {
	everyWay(t, func(im *image, s *laid) {
		s.batch(im.mail(0, 1), manifest(0), im.mail(1, 1, 2))
		s.batch(im.mail(3, 2))
	}, func(im *image, s *Spool) {
		im.holds(s, "1: 0 1, 2: 2 3")
		im.damaged(s, 0, false)
		s.Index.Read(func(d *index.Data) {
			if d.Tags[1] != im.tag || len(d.Records) != 1 {
				t.Errorf("tag %d, %d records with several recipients", d.Tags[1], len(d.Records))
			}
			e := d.Mailboxes[2].Entries.At(1)
			if e.Slot != 0 || int64(e.Offset)*8 != 2*format.Unit+format.BatchHeaderSize || e.Day != today {
				t.Errorf("the last message is %+v", e)
			}
		})
		if g := s.Table.Segments()[0]; g.Live != 3 || !g.Counts() {
			t.Errorf("the segment counts %+v", g)
		}
	})
}

// TestTombstones: expunged messages take no entry, whatever order the records are in; a tombstone
// of another open, or of a mailbox that has no message, removes nothing.
func TestTombstones(t *testing.T) {
	everyWay(t, func(im *image, s *laid) {
		s.batch(im.mail(0, 1), manifest(0), im.mail(1, 1), im.mail(2, 1, 2), im.mail(4, 2))
		s.batch(im.expunged(1, 1, 0, 2), im.expunged(1, 9, 1))
		tag := im.tag
		im.tag++ // another copy of the spool had an open with that number
		other := im.expunged(1, 2, 4)
		im.tag = tag
		s.batch(other)
	}, func(im *image, s *Spool) {
		im.holds(s, "1: 1, 2: 3 4")
		im.damaged(s, 0, false)
	})
}

// TestRemoteIDs: ids of kind 8 count if they are settled, or if their message lives or was
// expunged; an id whose message is nowhere does not, so that it is fetched again.
func TestRemoteIDs(t *testing.T) {
	everyWay(t, func(im *image, s *laid) {
		im.version = format.Version2
		s.batch(im.mail(1, 1), manifest(0), im.mail(2, 1), im.remote(false, 1, 1, 2, 3))
		s.batch(im.expunged(1, 1, 2), im.remote(true, 1, 4))
	}, func(im *image, s *Spool) {
		var known []byte
		for _, id := range s.Index.RemoteIDs(7) {
			known = append(known, id[0])
		}
		if !slices.Equal(known, []byte{1, 2, 4}) {
			t.Errorf("ids %v are known, want 1, 2 and 4", known)
		}
		if s.Format.Version != format.Version2 {
			t.Errorf("it is a spool of version %d", s.Format.Version)
		}
		if f, err := format.Parse(im.dev.Bytes(format.Name)); err != nil || f.Version != format.Version2 {
			t.Errorf("FORMAT says %+v (%v), want version 2", f, err)
		}
	})
}

// TestLabels: a message has the labels that it was given, with the earlier day of two; labels of
// expunged messages are gone.
func TestLabels(t *testing.T) {
	everyWay(t, func(im *image, s *laid) {
		s.batch(im.mail(0, 1), manifest(0), im.mail(1, 1), im.labelled("kept", 1, 9, 0, 1))
		s.batch(im.labelled("kept", 1, 7, 1), im.labelled("seen", 1, 3, 0, 5), im.labelled("seen", 4, 3, 0))
		s.batch(im.expunged(1, 1, 0))
	}, func(im *image, s *Spool) {
		im.holds(s, "1: 1")
		s.Index.Read(func(d *index.Data) {
			kept, seen := d.Mailboxes[1].Labels["kept"], d.Mailboxes[1].Labels["seen"]
			if len(kept) != 1 || kept[0].Seq != 1 || kept[0].Day != 7 || len(seen) != 0 {
				t.Errorf("kept %+v, seen %+v", kept, seen)
			}
			if _, ok := d.LabelHomes[1]; !ok {
				t.Error("the segment is not known to hold labels: they would not be carried out of it")
			}
		})
	})
}

// TestQueuedMail: outgoing mail lies in the record of the mail, one recipient with the key of the
// queue for each address elsewhere. Each is expunged when it was sent; after a start those that
// were not are still there, the mailboxes here have the message, and version 1 carries it.
func TestQueuedMail(t *testing.T) {
	const queue = format.Key(1<<63 + 1)
	everyWay(t, func(im *image, s *laid) {
		s.batch(im.mail(0, 1, queue, queue, queue), manifest(0))
		s.batch(im.mail(4, queue))
		s.batch(im.expunged(1, queue, 1, 3))
	}, func(im *image, s *Spool) {
		im.holds(s, fmt.Sprintf("1: 0, %d: 2 4", uint64(queue)))
		im.damaged(s, 0, false)
		s.Index.Read(func(d *index.Data) {
			at := d.Mailboxes[1].Entries.At(0).Location()
			if rec := d.Records[at]; rec == nil || rec.Live != 2 {
				t.Errorf("the record of the message is %+v, want two recipients alive", rec)
			}
		})
		if v := max(s.Format.Version, format.Version1); v != format.Version1 {
			t.Errorf("it is a spool of version %d", v)
		}
	})
}

// TestImportedUniqueIDs are kept with their messages.
func TestImportedUniqueIDs(t *testing.T) {
	everyWay(t, func(im *image, s *laid) {
		with := func(seq uint32, uid string) record {
			return im.message(format.KindMessage, format.Message{First: format.Identity{Epoch: 1, Seq: seq}, UID: uid}, 1)
		}
		s.batch(with(0, "first"), manifest(0), with(1, ""), with(2, "third"))
	}, func(im *image, s *Spool) {
		s.Index.Read(func(d *index.Data) {
			m := &d.Mailboxes[1].Imported
			for seq, want := range []string{"first", "", "third"} {
				if got := string(m.UID(format.Identity{Epoch: 1, Seq: uint32(seq)})); got != want {
					t.Errorf("message %d has unique-id %q, want %q", seq, got, want)
				}
			}
		})
	})
}

// TestExtents: a message in extents counts them where they lie; one whose extents are not there is
// damaged, and is not listed.
func TestExtents(t *testing.T) {
	everyWay(t, func(im *image, s *laid) {
		im.begin(1, 2, format.ClassBulk)
		im.begin(2, 3, format.ClassBulk)
		in := func(seq uint32, e ...format.Extent) record {
			return im.message(format.KindMessage, format.Message{First: format.Identity{Epoch: 1, Seq: seq}, Extents: e}, 1)
		}
		there := format.Extent{Slot: 1, Segment: 2, Page: 1, Length: 5000}
		s.batch(in(0, there), manifest(0),
			in(1, there, format.Extent{Slot: 1, Segment: 9, Page: 1, Length: 1}),   // another segment
			in(2, format.Extent{Slot: 1, Segment: 2, Page: 15, Length: 5000}),      // beyond the slot
			in(3, format.Extent{Slot: 1 << 30, Segment: 2, Page: 1, Length: 5000}), // no such slot
			in(4, format.Extent{Slot: 0, Segment: 1, Page: 1, Length: 5000}))       // in the log
	}, func(im *image, s *Spool) {
		im.holds(s, "1: 0")
		im.damaged(s, 4, false)
		for _, g := range s.Table.Segments() {
			switch {
			case g.Slot == 1 && (g.Live != 1 || g.Bytes != 2*4096 || !g.Counts() || !g.Sealed):
				t.Errorf("the bulk slot counts %+v", g)
			case g.Slot == 2 && g.Counts():
				t.Error("a bulk slot that no record names still counts")
			}
		}
	})
}

// TestUnknownMessages: two opens with one number and other tags are of two copies of the spool. The
// messages of the one that was read second are damage, and nothing of theirs is listed.
func TestUnknownMessages(t *testing.T) {
	im := newImage(t)
	old := im.begin(0, 1, format.ClassLog)
	old.batch(im.mail(0, 1), manifest(0))
	old.seal()
	im.tag = 2002
	s := im.beginBehind(1, 2, format.ClassLog, old)
	s.batch(im.mail(5, 1), manifest(1, old.ref()))
	opened := im.open()
	im.holds(opened, "1: 5")
	im.damaged(opened, 1, false)
}

// TestMovedCopyIsRead: of a message that was moved the copy in the cold log counts, and the other
// one is known, so that a tombstone names both; if the copy does not verify the first one counts.
func TestMovedCopyIsRead(t *testing.T) {
	for _, damaged := range []bool{false, true} {
		im := newImage(t)
		hot := im.begin(0, 1, format.ClassLog)
		hot.batch(im.mail(0, 1), manifest(0), im.mail(1, 1))
		hot.seal()
		cold := im.begin(1, 2, format.ClassCold)
		cold.batch(im.moved(0, 1))
		cold.seal()
		if damaged {
			cold.damage(1, format.BatchHeaderSize+format.FrameSize+10) // the footer is whole
		}
		s := im.open()
		im.holds(s, "1: 0 1")
		s.Index.Read(func(d *index.Data) {
			at := d.Mailboxes[1].Entries.At(0)
			other := d.Copies.Of(at.Identity)
			want, copies := uint16(1), []uint64{1}
			if damaged {
				want, copies = 0, []uint64{2}
			}
			if at.Slot != want || !slices.Equal(other, copies) {
				t.Errorf("damaged %v: it is read from slot %d, copies are in %v", damaged, at.Slot, other)
			}
		})
	}
}

// TestMovedForSome: a recipient that had expunged the message before the move has key 0 in the
// copy, which lists nothing, and the numbers of the others are what they were.
func TestMovedForSome(t *testing.T) {
	im := newImage(t)
	cold := im.begin(0, 1, format.ClassCold)
	cold.batch(im.moved(4, 1, 0, 3))
	s := im.open()
	im.holds(s, "1: 4, 3: 6")
	if at := s.Log.End(format.ClassCold); !at.Active || at.Segment != 1 {
		t.Errorf("the cold log goes on at %+v", at)
	}
}
