package crash

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync/atomic"
	"time"

	"pillarbox/cmd/pillarbench/client"
)

// A crashRun is a server under load, and what it has acknowledged so far. Its addresses may change
// with each start.
type crashRun struct {
	smtp, pop3 string     // addresses
	chance     *rand.Rand // used only by the goroutine that verifies
	ledger     *ledger
	number     atomic.Uint64 // of the last message sent
	large      uint64        // one in how many messages is too large for the server's memory buffer
}

func newCrashRun(seed uint64) *crashRun {
	return &crashRun{large: 16, chance: rand.New(rand.NewPCG(seed, 0)), ledger: newLedger(client.Mailboxes[:]...)}
}

// send delivers messages until the connection breaks, and returns its error. After a temporary
// reply it tries again.
func (t *crashRun) send(ctx context.Context, answered func(client.Message)) error {
	for {
		err := t.connection(answered)
		var r *client.ReplyError
		if !errors.As(err, &r) || !r.Temporary() || ctx.Err() != nil {
			return err
		}
		time.Sleep(20 * time.Millisecond) // until the server has made room or is killed
	}
}

// connection delivers messages until one is not acknowledged.
func (t *crashRun) connection(answered func(client.Message)) error {
	s, err := client.DialSMTP(t.smtp)
	if err != nil {
		return err
	}
	defer s.Close()
	for {
		l, mailboxes := t.next()
		var recipients []string
		for _, m := range mailboxes {
			recipients = append(recipients, m+"@home.arpa")
		}
		t.ledger.send(l.Number, mailboxes)
		if err := s.Deliver(l, recipients...); err != nil {
			return err
		}
		t.ledger.answer(l.Number)
		answered(l)
	}
}

// next returns a new message and its mailboxes. Every fifth message goes to both.
func (t *crashRun) next() (client.Message, []string) {
	l := t.message()
	if l.Number%5 == 0 {
		return l, client.Mailboxes[:]
	}
	which := l.Number % 2
	return l, client.Mailboxes[which : which+1]
}

// message returns a new message.
func (t *crashRun) message() client.Message {
	l := client.Message{Number: t.number.Add(1)}
	l.Octets = 1000 + int(l.Number*2654435761%7000)
	if l.Number%t.large == 0 {
		l.Octets = 400_000
	}
	return l
}

// verify retrieves all unknown messages from each mailbox, and one in again of the known ones (none
// if again is 0). It returns the number of messages.
func (t *crashRun) verify(again int) (total int, err error) {
	t.ledger.openRound()
	for _, mailbox := range client.Mailboxes {
		n, err := t.verifyMailbox(mailbox, again)
		if err != nil {
			return 0, err
		}
		total += n
	}
	return total, t.ledger.closeRound()
}

func (t *crashRun) verifyMailbox(mailbox string, again int) (total int, err error) {
	r, err := client.DialPOP3(t.pop3, mailbox, client.Password)
	if err != nil {
		return 0, fmt.Errorf("%s: %w", mailbox, err)
	}
	defer r.Close()
	uids, err := r.UIDs()
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
		mail, err := r.Retrieve(n + 1)
		if err != nil {
			return 0, fmt.Errorf("%s, message %d: %w", mailbox, n+1, err)
		}
		l, err := client.Verify(mail)
		if err != nil {
			return 0, violated("K1: %s, message %d (%s): %v", mailbox, n+1, uid, err)
		}
		if !fresh[n+1] {
			if was := t.ledger.mailboxes[mailbox].messages[uid]; was != l.Number {
				return 0, violated("K3: %s: unique-id %s was message %d and is message %d", mailbox, uid, was, l.Number)
			}
			continue
		}
		if err := t.ledger.add(mailbox, uid, l.Number); err != nil {
			return 0, err
		}
	}
	return len(uids), r.Command("QUIT")
}

// keptMessages is how many messages of a mailbox remain after a round.
const keptMessages = 100

// deleteSome removes all but the last keptMessages of a mailbox and a quarter of these, so that
// slots are recycled between the kills.
func (t *crashRun) deleteSome() error {
	for _, mailbox := range client.Mailboxes {
		r, err := client.DialPOP3(t.pop3, mailbox, client.Password)
		if err != nil {
			return err
		}
		defer r.Close()
		uids, err := r.UIDs()
		if err != nil {
			return err
		}
		var numbers []int
		for n := range uids {
			if n < len(uids)-keptMessages || t.chance.IntN(4) == 0 {
				numbers = append(numbers, n+1)
			}
		}
		if err := r.Delete(numbers); err != nil {
			return fmt.Errorf("%s: removing %d messages: %w", mailbox, len(numbers), err)
		}
		for _, n := range numbers {
			t.ledger.remove(mailbox, uids[n-1])
		}
	}
	return nil
}
