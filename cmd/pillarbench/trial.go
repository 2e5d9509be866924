package main

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync/atomic"
	"time"
)

// trialMailboxes get the letters; every fifth letter goes to both.
var trialMailboxes = [...]string{"anna", "bert"}

// A trial is a box under load, and what it has promised so far. The box may have another address after each start.
type trial struct {
	smtp, pop3 string     // addresses
	chance     *rand.Rand // of the goroutine that judges
	ledger     *ledger
	number     atomic.Uint64 // of the last letter sent
	large      uint64        // one letter in so many outgrows what the box keeps in memory
}

func newTrial(seed uint64) *trial {
	return &trial{large: 16, chance: rand.New(rand.NewPCG(seed, 0)), ledger: newLedger(trialMailboxes[:]...)}
}

// send delivers letters until the box is gone, and says how it went.
func (t *trial) send(ctx context.Context, answered func(letter)) error {
	for {
		err := t.connection(answered)
		var r *refusal
		if !errors.As(err, &r) || !r.temporary() || ctx.Err() != nil {
			return err
		}
		time.Sleep(20 * time.Millisecond) // full: it makes room, or is killed so
	}
}

// connection delivers letters until one is not answered 250.
func (t *trial) connection(answered func(letter)) error {
	s, err := dialSMTP(t.smtp)
	if err != nil {
		return err
	}
	defer s.close()
	for {
		l, mailboxes := t.next()
		var recipients []string
		for _, m := range mailboxes {
			recipients = append(recipients, m+"@home.arpa")
		}
		t.ledger.send(l.number, mailboxes)
		if err := s.deliver(l, recipients...); err != nil {
			return err
		}
		t.ledger.answer(l.number)
		answered(l)
	}
}

// next returns a letter that nobody has sent, and who gets it.
func (t *trial) next() (letter, []string) {
	l := letter{number: t.number.Add(1)}
	l.octets = 1000 + int(l.number*2654435761%7000)
	if l.number%t.large == 0 {
		l.octets = 400_000
	}
	if l.number%5 == 0 {
		return l, trialMailboxes[:]
	}
	which := l.number % 2
	return l, trialMailboxes[which : which+1]
}

// judge fetches from every mailbox what was not seen before, and of the other mails one in again (0: none), and returns
// how many mails there are.
func (t *trial) judge(again int) (total int, err error) {
	for _, mailbox := range trialMailboxes {
		n, err := t.judgeMailbox(mailbox, again)
		if err != nil {
			return 0, err
		}
		total += n
	}
	return total, t.ledger.settle()
}

func (t *trial) judgeMailbox(mailbox string, again int) (total int, err error) {
	r, err := dialPOP3(t.pop3, mailbox, password)
	if err != nil {
		return 0, fmt.Errorf("%s: %w", mailbox, err)
	}
	defer r.close()
	uids, err := r.uids()
	if err != nil {
		return 0, fmt.Errorf("%s: %w", mailbox, err)
	}
	unseen, err := t.ledger.list(mailbox, uids)
	if err != nil {
		return 0, err
	}
	fresh := make(map[int]bool, len(unseen))
	for _, n := range unseen {
		fresh[n] = true
	}
	for n, uid := range uids {
		if !fresh[n+1] && (again == 0 || t.chance.IntN(again) > 0) {
			continue
		}
		mail, err := r.retrieve(n + 1)
		if err != nil {
			return 0, fmt.Errorf("%s, message %d: %w", mailbox, n+1, err)
		}
		l, err := verify(mail)
		if err != nil {
			return 0, broken("K1: %s, message %d (%s): %v", mailbox, n+1, uid, err)
		}
		if !fresh[n+1] {
			if was := t.ledger.mailboxes[mailbox].letter[uid]; was != l.number {
				return 0, broken("K3: %s: unique-id %s was letter %d and is letter %d", mailbox, uid, was, l.number)
			}
			continue
		}
		if err := t.ledger.see(mailbox, uid, l.number); err != nil {
			return 0, err
		}
	}
	return len(uids), r.command("QUIT")
}

// keptMails is how many mails of a mailbox outlive a round.
const keptMails = 100

// tidy removes all but the last keptMails of a mailbox and a quarter of these, so that slots are
// recycled between the kills.
func (t *trial) tidy() error {
	for _, mailbox := range trialMailboxes {
		r, err := dialPOP3(t.pop3, mailbox, password)
		if err != nil {
			return err
		}
		defer r.close()
		uids, err := r.uids()
		if err != nil {
			return err
		}
		var numbers []int
		for n := range uids {
			if n < len(uids)-keptMails || t.chance.IntN(4) == 0 {
				numbers = append(numbers, n+1)
			}
		}
		if err := r.remove(numbers); err != nil {
			return fmt.Errorf("%s: removing %d mails: %w", mailbox, len(numbers), err)
		}
		for _, n := range numbers {
			t.ledger.remove(mailbox, uids[n-1])
		}
	}
	return nil
}
