package spool

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"strings"
	"testing"

	"pillarbox/spool/commit"
	"pillarbox/spool/format"
	"pillarbox/spool/slots"

	"pillarbox/spool/flash/flashtest"
)

// TestDeletesGoThroughBesideRefusedMail: mail that was begun while there was room finds none when
// it is committed. What shares a batch with it, a delete and a label, is done all the same.
func TestDeletesGoThroughBesideRefusedMail(t *testing.T) {
	dev := flashtest.New(flashtest.Options{})
	s := open(t, dev)
	body := mail("waits", 9000)
	begun := beginMany(t, s, 150, body)
	n := 0
	for ; ; n++ {
		if err := begun[n].Commit(context.Background(), shapeOf(body)); errors.Is(err, ErrFull) {
			break
		} else if err != nil {
			t.Fatal(err)
		}
	}
	release := holdLead(s)
	refused := enqueue(s, func() error { return begun[n+1].Commit(context.Background(), shapeOf(body)) })
	deleted := enqueue(s, func() error { return expungeAll(s, 1, func(n int) bool { return n > 1 }) })
	labelled := enqueue(s, labels(1, 3).with(s))
	release()
	if err := <-refused; !errors.Is(err, ErrFull) {
		t.Errorf("the mail: %v, want %v", err, ErrFull)
	}
	if err := errors.Join(<-deleted, <-labelled); err != nil {
		t.Errorf("what shares a batch with it: %v", err)
	}
	s = open(t, dev.Clone())
	if marks, err := readMarks(s, 1); err != nil || len(marks) != n-1 {
		t.Errorf("%d mails with a label after a restart, want %d (%v)", len(marks), n-1, err)
	}
}

func (st step) with(s *Spool) func() error { return func() error { return st.do(s) } }

// beginMany begins deliveries of a mail to mailbox 1.
func beginMany(t *testing.T, s *Spool, n int, body string) []*Delivery {
	t.Helper()
	var begun []*Delivery
	for range n {
		d, err := begin(s, 1)
		must(t, err)
		_, err = d.Write([]byte(body))
		must(t, err)
		begun = append(begun, d)
		t.Cleanup(d.Abort)
	}
	return begun
}

// TestRoomIsMadeByMovingWhatABatchDeletes: room for a batch is made by moving the messages that the
// same batch deletes. Each has a copy in a second segment then, which takes a tombstone of its own;
// and the batch, which has grown, still ends before the footer of its segment. The padding brings
// the segment that it goes to near its end, byte by byte.
func TestRoomIsMadeByMovingWhatABatchDeletes(t *testing.T) {
	moved := 0
	for padding := 0; padding < 2400 && !t.Failed(); padding += 240 {
		t.Run(fmt.Sprint(padding), func(t *testing.T) {
			if roomByMoving(t, padding) {
				moved++
			}
		})
	}
	if moved < 8 {
		t.Errorf("only %d batches had room made by moving what they delete", moved)
	}
}

// roomByMoving reports whether what the batch deletes was moved for it.
func roomByMoving(t *testing.T, padding int) bool {
	dev := flashtest.New(flashtest.Options{})
	s := open(t, dev)
	must(t, deliver(s, mail("begins the cold segment", 100), 4))
	must(t, moves(4).do(s))
	begun := beginMany(t, s, 1, mail("m", 100))[0]
	for range 2 { // segments of which little lives
		must(t, s.log.Commit(smallMail(150, 2, 0)...))
		for hot(s).End < 15 {
			must(t, deliver(s, mail("dies", 4000), 3))
		}
		must(t, deliver(s, mail("begins the next", 4000), 3))
	}
	must(t, expungeAll(s, 3, none))
	for hot(s).End < 15 {
		must(t, deliver(s, mail("the third is full, too", 4000), 5))
	}
	must(t, s.log.Commit(smallMail(140, 5, padding)...)) // begins the segment that the batch goes to
	for hot(s).End < 13 {
		must(t, deliver(s, mail("filler", 2000), 5))
	}
	var pinned []uint32
	for s.table.Probe().Available() > slots.Reserved-1 { // as if readers held the others
		n, _, err := s.table.Writer().Take(0)
		must(t, err)
		pinned = append(pinned, n)
	}
	copied := s.Stats().Lifetime.Copied
	release := holdLead(s)
	mailed := enqueue(s, func() error { return begun.Commit(context.Background(), shapeOf(mail("m", 100))) })
	deleted := enqueue(s, func() error { return expungeAll(s, 2, none) })
	release()
	must(t, <-deleted)
	if err := <-mailed; err != nil && !errors.Is(err, ErrFull) {
		t.Error(err)
	}
	moved := s.Stats().Lifetime.Copied > copied
	home := hot(s)
	must(t, s.log.Commit(smallMail(100, 6, 0)...)) // seals it
	for key, h := range map[Key]held{2: nil, 5: contents(t, s, 5), 6: contents(t, s, 6)} {
		if now := contents(t, open(t, dev.Clone()), key); !maps.Equal(now, h) {
			t.Errorf("mailbox %d holds %d mails after a restart, want %d", key, len(now), len(h))
		}
	}
	for _, n := range pinned {
		s.table.Unpin(n)
	}
	must(t, errors.Join(expungeAll(s, 1, none), expungeAll(s, 5, none), expungeAll(s, 6, none)))
	// Until the tombstones are needed no more, or were carried out.
	for i := 0; s.table.Segment(home.Slot) == home.Segment; i++ {
		must(t, errors.Join(deliver(s, mail("churn", 11_000), 7), expungeAll(s, 7, none)))
		if i > 200 {
			t.Fatal("the segment of the tombstones is never written over")
		}
	}
	if n := len(contents(t, open(t, dev.Clone()), 2)); n > 0 {
		t.Errorf("%d mails that were deleted are back", n)
	}
	return moved
}

// smallMail is n messages for one mailbox; all of their unique-ids together, which the footer
// repeats, have padding bytes.
func smallMail(n int, to Key, padding int) []commit.Change {
	var list []commit.Change
	for i := range n {
		body := mail(fmt.Sprint(i), 60)
		uid := strings.Repeat("u", min(padding, format.MaxUID-3))
		if padding -= len(uid); uid != "" {
			uid += fmt.Sprint(i)
		}
		shape := shapeOf(body)
		list = append(list, &commit.Intake{
			Message: format.Message{Received: 1, Octets: uint32(shape.Octets), Header: uint32(shape.Header), UID: uid},
			To:      []Recipient{{Mailbox: to}}, Body: []byte(body)})
	}
	return list
}
