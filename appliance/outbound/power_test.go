package outbound

import (
	"context"
	"maps"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"pillarbox/appliance/outbound/smarthost"
	"pillarbox/pop3/wire"
	"pillarbox/spool"
	"pillarbox/spool/flash/flashtest"
)

// A ledger is what the outgoing server and the mailboxes here know: no power cut takes it back.
type ledger struct {
	accepted map[string]bool // recipients of messages that were acknowledged
	sent     map[string]int
	reported map[string]int
}

func (l *ledger) clone() *ledger {
	return &ledger{maps.Clone(l.accepted), maps.Clone(l.sent), maps.Clone(l.reported)}
}

// fill queues three messages, one of them for an address that the server refuses. It goes on after
// an error, as clients do.
func (w *world) fill(l *ledger) {
	for _, to := range [][]string{{"a1@example.net", "a2@example.net"}, {"b1@example.net", "nobody@example.net"}, {"c1@example.net"}} {
		if w.try(to) == nil {
			for _, address := range to {
				l.accepted[address] = true
			}
			w.queue.Wake()
		}
		w.pass(time.Second)
	}
}

// try is put for a device that may fail.
func (w *world) try(to []string) error {
	id := NewID()
	var list []spool.Recipient
	for _, address := range to {
		head, err := (&Head{ID: id, Account: "anna-mail", To: address}).Append(nil)
		if err != nil {
			return err
		}
		list = append(list, spool.Recipient{Mailbox: Key, Head: head})
	}
	d, err := w.spool.Begin(context.Background(), spool.Envelope{From: "anna@example.org"}, list)
	if err != nil {
		return err
	}
	defer d.Abort()
	var s wire.Scanner
	text := s.Close(s.ScanRaw(nil, []byte(mailText)))
	if _, err := d.Write(text); err != nil {
		return err
	}
	return d.Commit(context.Background(), spool.Shape{Octets: s.Shape().Octets, Header: s.Shape().Header})
}

// live runs a world over a device until nothing is left to do.
func live(t *testing.T, device *flashtest.Device, l *ledger, life func(w *world)) {
	synctest.Test(t, func(t *testing.T) {
		w := &world{t: t, device: device, accounts: []Account{anna}, trusted: true, began: time.Now()}
		w.reply = func(_, to string) smarthost.Result {
			if strings.HasPrefix(to, "nobody") {
				return refused("550 5.1.1 No such user")
			}
			l.sent[to]++
			return sent()
		}
		w.start()
		defer func() { w.stop() }()
		life(w)
		for _, text := range w.reports {
			if !strings.Contains(text, "<nobody@example.net>") {
				t.Errorf("a report about another recipient:\n%s", text)
			}
			l.reported["nobody@example.net"]++
		}
	})
}

// TestPowerCut: the power is cut at every operation of queueing, sending and reporting. After the
// next start every recipient that was acknowledged has its message or a report about it, and none
// has it more than twice: once for each life.
func TestPowerCut(t *testing.T) {
	fresh := func() *ledger { return &ledger{map[string]bool{}, map[string]int{}, map[string]int{}} }
	whole, undisturbed := flashtest.New(flashtest.Options{}), fresh()
	first := 0
	live(t, whole, undisturbed, func(w *world) { first = whole.Ops(); w.fill(undisturbed) })
	for to, n := range undisturbed.sent {
		if n != 1 {
			t.Errorf("without a cut %s has it %d times", to, n)
		}
	}
	twice := 0
	for k := first + 1; k <= whole.Ops(); k++ {
		device, before := flashtest.New(flashtest.Options{}), fresh()
		device.CutAt(k)
		live(t, device, before, func(w *world) { w.fill(before) })
		n := 0
		for title, after := range device.Outcomes(uint64(k), 4) {
			if n++; n > 6 {
				break
			}
			l := before.clone()
			live(t, after, l, func(w *world) {
				w.pass(3 * time.Hour)
				w.want("left", w.left(), 0)
			})
			twice += l.judge(t, k, title)
		}
	}
	t.Logf("%d operations were cut", whole.Ops()-first)
	if twice == 0 {
		t.Error("no cut was between the reply of the server and the expunge: the test does not reach what it is for")
	}
}

// judge compares what is known after all, and returns how many recipients have a message twice.
func (l *ledger) judge(t *testing.T, k int, title string) (twice int) {
	for to := range l.accepted {
		if l.sent[to]+l.reported[to] == 0 {
			t.Errorf("cut at %d, %s: %s has nothing", k, title, to)
		}
	}
	for to, n := range l.sent {
		if n > 2 {
			t.Errorf("cut at %d, %s: %s has it %d times", k, title, to, n)
		}
		if n == 2 {
			twice++
		}
	}
	if n := l.reported["nobody@example.net"]; n > 2 {
		t.Errorf("cut at %d, %s: %d reports", k, title, n)
	}
	return twice
}
