package crash

import (
	"fmt"
	"slices"
	"sync"
)

// A ledger records what was sent, acknowledged and found since, and reports when the server
// violated one of the rules K1…K4 of the package comment.
type ledger struct {
	mu   sync.Mutex
	sent map[uint64]*sentMessage

	// used only by the goroutine that verifies
	mailboxes map[string]*mailbox
}

// A sentMessage is what is known of one message.
type sentMessage struct {
	mailboxes []string
	answered  bool // with 250: it must be there
	offered   bool // it lies at a provider, and may come until it is deleted there
	deleted   bool // at the provider
	lost      bool // not acknowledged, and missing after the next start: it must never appear
}

// A mailbox is what is known of one mailbox.
type mailbox struct {
	uids     map[uint64]string // unique-ids by message
	messages map[string]uint64 // messages by unique-id
	removed  map[string]bool   // unique-ids whose removal was acknowledged, or found done
	pending  map[string]bool   // unique-ids whose removal was begun: the next listing decides
}

// A violation is the error of a rule that the server has violated.
type violation struct{ text string }

func (b *violation) Error() string { return b.text }

func violated(format string, args ...any) error { return &violation{fmt.Sprintf(format, args...)} }

func newLedger(mailboxes ...string) *ledger {
	l := &ledger{sent: map[uint64]*sentMessage{}, mailboxes: map[string]*mailbox{}}
	for _, m := range mailboxes {
		l.mailboxes[m] = &mailbox{uids: map[uint64]string{}, messages: map[string]uint64{}, removed: map[string]bool{}, pending: map[string]bool{}}
	}
	return l
}

// send records that a message is about to be sent.
func (l *ledger) send(number uint64, mailboxes []string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.sent[number] = &sentMessage{mailboxes: mailboxes}
}

// offer records that a message is about to appear at a provider, for a mailbox here.
func (l *ledger) offer(number uint64, mailbox string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.sent[number] = &sentMessage{mailboxes: []string{mailbox}, offered: true}
}

// delete records that a message is deleted at the provider: it must be durable here.
func (l *ledger) delete(number uint64) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.sent[number].deleted = true
}

// openRound begins a round of listings. What is deleted at a provider later is checked by the next
// one, because a mailbox may have been listed before the message came.
func (l *ledger) openRound() {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, f := range l.sent {
		if f.offered {
			f.answered = f.deleted
		}
	}
}

// await has every message that was offered be missed if it is not here.
func (l *ledger) await() {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, f := range l.sent {
		f.deleted = f.deleted || f.offered
	}
}

// answer records that a message was acknowledged with 250.
func (l *ledger) answer(number uint64) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.sent[number].answered = true
}

// list compares a listing with the known state of the mailbox, and returns the message numbers of
// unknown messages.
func (l *ledger) list(mailbox string, uids []string) (unseen []int, err error) {
	s := l.mailboxes[mailbox]
	listed := make(map[string]bool, len(uids))
	for i, uid := range uids {
		switch {
		case listed[uid]:
			return nil, violated("K3: %s lists unique-id %s twice", mailbox, uid)
		case s.removed[uid]:
			return nil, violated("K4: %s lists unique-id %s, which was removed", mailbox, uid)
		}
		listed[uid] = true
		if _, known := s.messages[uid]; !known {
			unseen = append(unseen, i+1)
		}
	}
	for uid, number := range s.messages {
		switch {
		case listed[uid] || s.removed[uid]:
		case s.pending[uid]:
			s.removed[uid] = true
		default:
			return nil, violated("K1: %s has lost message %d, unique-id %s, that it had before", mailbox, number, uid)
		}
	}
	clear(s.pending)
	return unseen, nil
}

// add records that a mailbox holds a whole message under a unique-id.
func (l *ledger) add(mailbox, uid string, number uint64) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	s, f := l.mailboxes[mailbox], l.sent[number]
	switch {
	case f == nil || !slices.Contains(f.mailboxes, mailbox):
		return violated("K2: %s holds message %d, which was never sent to it", mailbox, number)
	case f.lost:
		return violated("K2: %s holds message %d, which was not there after an earlier start", mailbox, number)
	case s.uids[number] != "":
		return violated("K1: %s holds message %d twice: %s and %s", mailbox, number, s.uids[number], uid)
	}
	s.uids[number], s.messages[uid] = uid, number
	return nil
}

// closeRound ends a round after all mailboxes were listed: an acknowledged message must be in all
// its mailboxes, another one in all of them or in none.
func (l *ledger) closeRound() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	for number, f := range l.sent {
		there := 0
		for _, mailbox := range f.mailboxes {
			if l.mailboxes[mailbox].uids[number] != "" {
				there++
			}
		}
		switch {
		case there == len(f.mailboxes):
		case f.offered && f.answered:
			return violated("F2: message %d was deleted at the provider, or was to come, and is not in %v", number, f.mailboxes)
		case f.offered: // it may still come
		case f.answered:
			return violated("K1: message %d was answered 250 and is in %d of %v", number, there, f.mailboxes)
		case there > 0:
			return violated("K2: message %d is in %d of %v", number, there, f.mailboxes)
		default:
			f.lost = true
		}
	}
	return nil
}

// has reports whether a message is known.
func (l *ledger) has(mailbox, uid string) bool {
	_, known := l.mailboxes[mailbox].messages[uid]
	return known
}

// removing records that a message is about to be removed.
func (l *ledger) removing(mailbox, uid string) { l.mailboxes[mailbox].pending[uid] = true }

// remove records that the removal of a message was acknowledged.
func (l *ledger) remove(mailbox, uid string) { l.mailboxes[mailbox].removed[uid] = true }

// answered returns how many messages were acknowledged, and how many were not, without those of
// providers.
func (l *ledger) answered() (yes, no int) {
	for _, f := range l.sent {
		switch {
		case f.offered:
		case f.answered:
			yes++
		default:
			no++
		}
	}
	return yes, no
}

// fetched returns how many messages of providers are here, or were.
func (l *ledger) fetched() (n int) {
	for number, f := range l.sent {
		if f.offered && l.mailboxes[f.mailboxes[0]].uids[number] != "" {
			n++
		}
	}
	return n
}
