package main

import (
	"fmt"
	"slices"
	"sync"
)

// A ledger holds what was sent, what was answered, and what was seen since, and says when
// the box broke its word. Rules K1…K4 of the package comment are here.
type ledger struct {
	mu   sync.Mutex
	sent map[uint64]*fate

	// owned by the goroutine that judges
	mailboxes map[string]*shelf
}

// A fate is what is known of one letter.
type fate struct {
	mailboxes []string
	answered  bool // 250: it must be there
	lost      bool // not answered, and not there after the next start: it must never be there
}

// A shelf is what is known of one mailbox.
type shelf struct {
	place   map[uint64]string // letter: its unique-id
	letter  map[string]uint64 // unique-id: its letter
	removed map[string]bool   // unique-ids whose removal was answered +OK, or was found done
	doubted map[string]bool   // unique-ids whose removal was begun: the next listing decides
}

// A breach is a rule that the box has broken.
type breach struct{ text string }

func (b *breach) Error() string { return b.text }

func broken(format string, args ...any) error { return &breach{fmt.Sprintf(format, args...)} }

func newLedger(mailboxes ...string) *ledger {
	l := &ledger{sent: map[uint64]*fate{}, mailboxes: map[string]*shelf{}}
	for _, m := range mailboxes {
		l.mailboxes[m] = &shelf{place: map[uint64]string{}, letter: map[string]uint64{}, removed: map[string]bool{}, doubted: map[string]bool{}}
	}
	return l
}

// send notes that a letter is about to go out.
func (l *ledger) send(number uint64, mailboxes []string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.sent[number] = &fate{mailboxes: mailboxes}
}

// answer notes a 250.
func (l *ledger) answer(number uint64) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.sent[number].answered = true
}

// list compares a listing with the mailbox as it was left, and returns the message numbers of
// mails not seen before.
func (l *ledger) list(mailbox string, uids []string) (unseen []int, err error) {
	s := l.mailboxes[mailbox]
	listed := make(map[string]bool, len(uids))
	for i, uid := range uids {
		switch {
		case listed[uid]:
			return nil, broken("K3: %s lists unique-id %s twice", mailbox, uid)
		case s.removed[uid]:
			return nil, broken("K4: %s lists unique-id %s, which was removed", mailbox, uid)
		}
		listed[uid] = true
		if _, known := s.letter[uid]; !known {
			unseen = append(unseen, i+1)
		}
	}
	for uid, number := range s.letter {
		switch {
		case listed[uid] || s.removed[uid]:
		case s.doubted[uid]:
			s.removed[uid] = true
		default:
			return nil, broken("K1: %s has lost letter %d, unique-id %s, that it had before", mailbox, number, uid)
		}
	}
	clear(s.doubted)
	return unseen, nil
}

// see notes that a mailbox holds a whole letter under a unique-id.
func (l *ledger) see(mailbox, uid string, number uint64) error {
	s, f := l.mailboxes[mailbox], l.sent[number]
	switch {
	case f == nil || !slices.Contains(f.mailboxes, mailbox):
		return broken("K2: %s holds letter %d, which was never sent to it", mailbox, number)
	case f.lost:
		return broken("K2: %s holds letter %d, which was not there after an earlier start", mailbox, number)
	case s.place[number] != "":
		return broken("K1: %s holds letter %d twice: %s and %s", mailbox, number, s.place[number], uid)
	}
	s.place[number], s.letter[uid] = uid, number
	return nil
}

// settle closes a round, when all mailboxes have been seen: every answered letter must be in
// all its mailboxes, and what was not answered must be in all of them or in none.
func (l *ledger) settle() error {
	for number, f := range l.sent {
		there := 0
		for _, mailbox := range f.mailboxes {
			if l.mailboxes[mailbox].place[number] != "" {
				there++
			}
		}
		switch {
		case there == len(f.mailboxes):
		case f.answered:
			return broken("K1: letter %d was answered 250 and is in %d of %v", number, there, f.mailboxes)
		case there > 0:
			return broken("K2: letter %d is in %d of %v", number, there, f.mailboxes)
		default:
			f.lost = true
		}
	}
	return nil
}

// knows reports whether a mail was seen before.
func (l *ledger) knows(mailbox, uid string) bool {
	_, known := l.mailboxes[mailbox].letter[uid]
	return known
}

// doubt notes that a mail is about to be removed.
func (l *ledger) doubt(mailbox, uid string) { l.mailboxes[mailbox].doubted[uid] = true }

// remove notes that the removal of a mail was answered +OK.
func (l *ledger) remove(mailbox, uid string) { l.mailboxes[mailbox].removed[uid] = true }

// answered returns how many letters were answered 250, and how many were not.
func (l *ledger) answered() (yes, no int) {
	for _, f := range l.sent {
		if f.answered {
			yes++
		} else {
			no++
		}
	}
	return yes, no
}
