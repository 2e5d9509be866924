package crash

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"sync/atomic"
	"time"

	"pillarbox/cmd/pillarbench/client"
	"pillarbox/cmd/pillarbench/mailhost"
	"pillarbox/cmd/pillarbench/testbed"
)

// An outside is the world outside the board: the provider, what it has and what it was sent.
type outside struct {
	run      *crashRun
	provider *mailhost.Provider
	outbox   *outbox
	chance   *rand.Rand   // used only by the goroutine that fetches
	failed   atomic.Int64 // collections that were to be tried again
}

// accounts are the accounts at the provider. The first one also sends.
var accounts = [...]struct {
	name, owner string
	protocol    mailhost.Protocol
	after       string
}{
	{"pop-delete", "anna", mailhost.POP3, "delete"},
	{"pop-keep", "bert", mailhost.POP3, "keep"},
	{"imap-delete", "bert", mailhost.IMAP, "delete"},
	{"imap-keep", "anna", mailhost.IMAP, "keep"},
}

// newOutside starts a provider.
func newOutside(run *crashRun) (*outside, error) {
	o := &outside{run: run, outbox: newOutbox(), chance: rand.New(rand.NewPCG(run.chance.Uint64(), 1))}
	var logins []mailhost.Login
	for _, a := range accounts {
		logins = append(logins, mailhost.Login{User: a.name, Protocol: a.protocol})
	}
	var err error
	o.provider, err = mailhost.Start(mailhost.Events{
		Deleted: func(_ string, number uint64) { run.ledger.delete(number) },
		Taken:   o.outbox.take,
	}, logins...)
	return o, err
}

// remotes returns the accounts for the configuration.
func (o *outside) remotes() (list []testbed.Remote) {
	for i, a := range accounts {
		r := testbed.Remote{Name: a.name, Owner: a.owner, Fetch: string(a.protocol), After: a.after, Pin: o.provider.Pin, Incoming: o.provider.POP3}
		if a.protocol == mailhost.IMAP {
			r.Incoming = o.provider.IMAP
		}
		if i == 0 {
			r.Outgoing = o.provider.SMTP
		}
		list = append(list, r)
	}
	return list
}

// mostOffered bounds the messages that come to each account before a collection.
const mostOffered = 6

// offer has messages come to the provider.
func (o *outside) offer() error {
	for _, a := range accounts {
		for range o.chance.IntN(mostOffered + 1) {
			l := o.run.message()
			o.run.ledger.offer(l.Number, a.owner)
			if err := o.provider.Mailbox(a.name).Offer(l); err != nil {
				return err
			}
		}
	}
	return nil
}

// fetchAlways has messages come and be fetched until ctx ends or the board is off.
func (o *outside) fetchAlways(ctx context.Context, fetch func(context.Context) (bool, error)) error {
	for ctx.Err() == nil {
		if err := o.offer(); err != nil {
			return err
		}
		done, err := fetch(ctx)
		if err != nil {
			return err
		}
		if !done {
			o.failed.Add(1)
		}
	}
	return ctx.Err()
}

// mostWaiting is how many messages wait for the outgoing server until the user sends no more.
const mostWaiting = 6

// submit sends messages to the outside world until the connection breaks or ctx ends. After a
// temporary reply it tries again.
func (o *outside) submit(ctx context.Context, address string) error {
	for {
		err := o.connection(ctx, address)
		var r *client.ReplyError
		if !errors.As(err, &r) || !r.Temporary() || ctx.Err() != nil {
			return err
		}
		time.Sleep(20 * time.Millisecond) // until the server has made room or is killed
	}
}

func (o *outside) connection(ctx context.Context, address string) error {
	s, err := client.DialSubmission(address, accounts[0].owner, client.Password)
	if err != nil {
		return err
	}
	defer s.Close()
	for {
		if err := o.roomFor(ctx); err != nil {
			return err
		}
		l := o.run.message()
		recipients, here := addressed(l.Number)
		o.outbox.send(l.Number, recipients)
		if len(here) > 0 {
			o.run.ledger.send(l.Number, here)
		}
		for _, mailbox := range here {
			recipients = append(recipients, mailbox+"@home.arpa")
		}
		if err := s.Deliver(l, recipients...); err != nil {
			return err
		}
		o.outbox.answer(l.Number)
		if len(here) > 0 {
			o.run.ledger.answer(l.Number)
		}
	}
}

// addressed returns the recipients of a message elsewhere, and its mailboxes here. Every third
// message has two elsewhere, and every fourth one here as well.
func addressed(number uint64) (elsewhere, here []string) {
	elsewhere = []string{"carl@example.net"}
	if number%3 == 0 {
		elsewhere = append(elsewhere, "dora@example.org")
	}
	if number%4 == 0 {
		here = []string{"bert"}
	}
	return elsewhere, here
}

// roomFor returns when few messages wait for the outgoing server.
func (o *outside) roomFor(ctx context.Context) error {
	for {
		n, changed := o.outbox.waiting()
		if n < mostWaiting {
			return ctx.Err()
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// mostCollections bounds the collections until nothing is new.
const mostCollections = 20

// settle collects until nothing is new, and waits until everything was sent and the queue is empty.
func (o *outside) settle(ctx context.Context, bed *testbed.Bed) error {
	fetch := bed.Fetcher()
	for n := 0; ; n++ {
		before := o.counts()
		done, err := fetch(ctx)
		if err != nil {
			return err
		}
		if done && n > 0 && o.counts() == before {
			break
		}
		if n == mostCollections {
			return violated("F1: after %d collections there is still something new, or one fails", n)
		}
	}
	ctx, cancel := context.WithTimeoutCause(ctx, sendPatience, errors.New("messages wait for the outgoing server"))
	defer cancel()
	for n, changed := o.outbox.waiting(); n > 0; n, changed = o.outbox.waiting() {
		select {
		case <-changed:
		case <-ctx.Done():
			_, err := o.outbox.count()
			return errors.Join(err, context.Cause(ctx))
		}
	}
	for {
		line, err := bed.Queue(ctx)
		if err != nil {
			return err
		}
		if line == "board: queue: Mail queue is empty" {
			return o.outbox.check()
		}
		select {
		case <-time.After(time.Second):
		case <-ctx.Done():
			return fmt.Errorf("%w: %s", context.Cause(ctx), line)
		}
	}
}

// sendPatience is how long messages may wait for the outgoing server after the last cut. A message
// that was deferred waits for some minutes.
const sendPatience = 10 * time.Minute

// counts returns what became of the messages of each account.
func (o *outside) counts() (c [len(accounts)]mailhost.Count) {
	for i, a := range accounts {
		c[i] = o.provider.Mailbox(a.name).Count()
	}
	return c
}

// sum returns the sum of counts.
func (o *outside) sum() (sum mailhost.Count) {
	for _, c := range o.counts() {
		sum.Offered, sum.Retrieved, sum.Deleted, sum.Left = sum.Offered+c.Offered, sum.Retrieved+c.Retrieved, sum.Deleted+c.Deleted, sum.Left+c.Left
	}
	return sum
}

// check checks what is left at the provider in the end (F3).
func (o *outside) check() error {
	for i, c := range o.counts() {
		want := c.Offered
		if accounts[i].after == "delete" {
			want = 0
		}
		if c.Left != want {
			return violated("F3: %s has %d of %d messages at the provider, want %d", accounts[i].name, c.Left, c.Offered, want)
		}
	}
	return nil
}

// line returns what became of everything so far, for the line of a cut.
func (o *outside) line() string {
	if o == nil {
		return ""
	}
	at := o.sum()
	sent, _ := o.outbox.count() // what is missing may still be sent
	return fmt.Sprintf("; in all %d offered, %d retrieved, %d deleted there, %d collections failed; %d arrived, %d again",
		at.Offered, at.Retrieved, at.Deleted, o.failed.Load(), sent.arrived, sent.doubles)
}

// report prints and notes what became of everything, after the last check.
func (o *outside) report(out io.Writer, note func(head string, figure int)) error {
	sent, err := o.outbox.count()
	if err != nil {
		return err
	}
	at, fetched := o.sum(), o.run.ledger.fetched()
	fmt.Fprintf(out, "cut: a provider offered %d messages: %d fetched, in %d retrievals; %d deleted there, %d left there: 0 lost, 0 doubled, 0 deleted that are not here: PASS\n",
		at.Offered, fetched, at.Retrieved, at.Deleted, at.Left)
	fmt.Fprintf(out, "cut: %d messages to other servers answered 250, for %d recipients: 0 lost, %d arrived again after a cut: PASS\n", sent.answered, sent.recipients, sent.doubles)
	for _, f := range []struct {
		head   string
		figure int
	}{
		{"offered", at.Offered}, {"fetched", fetched}, {"deleted there", at.Deleted}, {"fetched twice", 0},
		{"sent", sent.answered}, {"recipients", sent.recipients}, {"sent again", sent.doubles}, {"not sent", 0},
	} {
		note(f.head, f.figure)
	}
	return nil
}
