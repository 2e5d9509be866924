package delivery

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"pillarbox/appliance/accounts"
	"pillarbox/appliance/clock"
	"pillarbox/appliance/config"
	"pillarbox/appliance/retention"
	"pillarbox/pop3/wire"
	"pillarbox/spool"
	"pillarbox/spool/flash/flashtest"
)

// A bench is an intake of a spool with two mailboxes, anna's and otto's.
type bench struct {
	*Intake
	t      *testing.T
	config *config.Config
	table  *accounts.Table
	spool  *spool.Spool
}

func newBench(t *testing.T) *bench {
	t.Helper()
	b := &bench{t: t, config: config.Default()}
	b.config.Retention.MailboxShare, b.config.Retention.BinDays = 100, 30
	var err error
	if b.table, err = accounts.Parse("accounts", nil); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"anna", "otto"} {
		if b.table, err = b.table.Add(name, "secret of "+name); err != nil {
			t.Fatal(err)
		}
	}
	b.spool, err = spool.Open(t.Context(), spool.Options{
		Volume: flashtest.New(flashtest.Options{}), SlotSize: spool.MinSlotSize, Capacity: 16 * spool.MinSlotSize,
		MaxMessage: 512 << 10, MailboxShare: 100,
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { b.spool.Close() })
	b.Intake = New(Options{
		Spool: b.spool, Rules: func() Rules { return Rules{b.config, b.table} }, Largest: 512 << 10, Index: 1 << 20,
	})
	return b
}

// begin writes a message of that many octets up to its end.
func (b *bench) begin(m Message, octets int, to ...string) (*Delivery, wire.Shape, error) {
	b.t.Helper()
	m.Received = time.Unix(1_800_000_000, 0)
	var recipients []Recipient
	for _, name := range to {
		recipients = append(recipients, Recipient{Account: name})
	}
	d, err := b.Begin(b.t.Context(), m, recipients)
	if err != nil {
		return nil, wire.Shape{}, err
	}
	text := strings.Repeat("0123456789abcde\r\n", octets/17+1)[:octets-2] + "\r\n"
	_, err = d.Write([]byte(text + ".\r\n"))
	return d, wire.Shape{Octets: int64(octets)}, err
}

// deliver delivers a message of that many octets.
func (b *bench) deliver(m Message, octets int, to ...string) error {
	b.t.Helper()
	d, shape, err := b.begin(m, octets, to...)
	if err != nil {
		return err
	}
	defer d.Abort()
	return d.Commit(b.t.Context(), shape)
}

// bin puts the first n messages of a mailbox into the bin.
func (b *bench) bin(account string, n int) {
	b.t.Helper()
	owner, _ := b.table.Lookup(account)
	v, err := b.spool.View(spool.Key(owner.Mailbox))
	if err != nil {
		b.t.Fatal(err)
	}
	defer v.Close()
	var all []int
	for i := range n {
		all = append(all, i+1)
	}
	mark := spool.Mark{Label: retention.BinLabel, Day: clock.DayOf(time.Unix(1_800_000_000, 0)), Messages: slices.Values(all)}
	if err := v.Update(context.Background(), spool.Change{Marks: []spool.Mark{mark}}); err != nil {
		b.t.Fatal(err)
	}
}

// holds returns the octets of a mailbox.
func (b *bench) holds(account string) int64 {
	owner, _ := b.table.Lookup(account)
	return b.held(spool.Key(owner.Mailbox))
}

// TestQuota: the one rule, for each source. Anna's mailbox may hold 100,000 octets and has 90,000
// of them, in messages of 30,000.
func TestQuota(t *testing.T) {
	for _, tt := range []struct {
		name   string
		source Source
		size   int64 // announced
		octets int
		binned int // messages in the bin beforehand
		want   error
		left   int64 // octets in the mailbox afterwards
	}{
		{"a client, within", Client, 0, 5000, 0, nil, 95_000},
		{"a client, beyond: judged at RCPT alone", Client, 0, 20_000, 0, nil, 110_000},
		{"a client, beyond what any bin could give", Client, 0, 100_001, 3, ErrTooLarge, 90_000},
		{"a client, and the bin gives way", Client, 0, 20_000, 2, nil, 80_000},
		{"an import, within", Import, 0, 5000, 0, nil, 95_000},
		{"an import, beyond", Import, 0, 20_000, 0, ErrMailboxFull, 90_000},
		{"an import, and the bin gives way", Import, 0, 20_000, 1, nil, 80_000},
		{"an import that is too large", Import, 0, 100_001, 3, ErrTooLarge, 90_000},
		{"a remote message, announced", Remote, 20_000, 20_000, 0, ErrMailboxFull, 90_000},
		{"a remote message, not announced", Remote, 0, 20_000, 0, ErrMailboxFull, 90_000},
		{"restored beside its copy", Restore, 30_000, 30_000, 1, nil, 120_000},
		{"a notice", Notice, 20_000, 20_000, 0, nil, 110_000},
		{"a bounce", Bounce, 20_000, 20_000, 0, nil, 110_000},
	} {
		t.Run(tt.name, func(t *testing.T) {
			b := newBench(t)
			b.config.Retention.Quota = 100_000
			for range 3 {
				if err := b.deliver(Message{}, 30_000, "anna"); err != nil {
					t.Fatal(err)
				}
			}
			b.bin("anna", tt.binned)
			m := Message{Source: tt.source, Size: tt.size}
			if tt.source == Restore {
				m.Replaces = tt.size
			}
			if err := b.deliver(m, tt.octets, "anna"); !errors.Is(err, tt.want) {
				t.Errorf("got %v, want %v", err, tt.want)
			}
			if got := b.holds("anna"); got != tt.left {
				t.Errorf("the mailbox holds %d octets, want %d", got, tt.left)
			}
		})
	}
}

// TestRestoreBeyondTheQuota: messages come back from the bin only as far as the mailbox may hold
// them outside of it.
func TestRestoreBeyondTheQuota(t *testing.T) {
	b := newBench(t)
	b.config.Retention.Quota = 100_000
	for range 3 {
		if err := b.deliver(Message{}, 30_000, "anna"); err != nil {
			t.Fatal(err)
		}
	}
	b.bin("anna", 3)
	b.config.Retention.Quota = 50_000
	restored := Message{Source: Restore, Size: 30_000, Replaces: 30_000}
	if err := b.deliver(restored, 30_000, "anna"); err != nil {
		t.Fatal(err)
	}
	if err := b.deliver(restored, 30_000, "anna"); !errors.Is(err, ErrMailboxFull) {
		t.Errorf("the second message came back: %v", err)
	}
}

// TestMailboxRoom: what is announced is judged and changes nothing.
func TestMailboxRoom(t *testing.T) {
	b := newBench(t)
	b.config.Retention.Quota = 100_000
	for range 3 {
		if err := b.deliver(Message{}, 30_000, "anna"); err != nil {
			t.Fatal(err)
		}
	}
	b.bin("anna", 1)
	for _, tt := range []struct {
		account string
		octets  int64
		want    error
	}{
		{"anna", 0, nil}, {"anna", 40_000, nil}, {"anna", 40_001, ErrMailboxFull}, {"anna", 100_001, ErrTooLarge},
		{"otto", 100_000, nil}, {"bert", 1, ErrRemoved},
	} {
		if err := b.MailboxRoom(tt.account, tt.octets); !errors.Is(err, tt.want) {
			t.Errorf("%s, %d octets: got %v, want %v", tt.account, tt.octets, err, tt.want)
		}
	}
	if got := b.holds("anna"); got != 90_000 {
		t.Errorf("the mailbox holds %d octets", got)
	}
}

// TestBatch: the messages of a batch are judged together and committed in their order.
func TestBatch(t *testing.T) {
	b := newBench(t)
	b.config.Retention.Quota = 100_000
	batch := b.NewBatch()
	for i, want := range []error{nil, nil, nil, ErrMailboxFull} {
		d, shape, err := b.begin(Message{Source: Import}, 30_000, "anna")
		if err == nil {
			err = batch.Add(d, shape)
		}
		if !errors.Is(err, want) {
			t.Fatalf("message %d: got %v, want %v", i, err, want)
		}
		if err != nil {
			d.Abort()
		}
	}
	if n, err := batch.Commit(t.Context()); n != 3 || err != nil {
		t.Errorf("%d were committed: %v", n, err)
	}
	if got := b.holds("anna"); got != 90_000 || batch.Octets() != 0 {
		t.Errorf("the mailbox holds %d octets, the batch %d", got, batch.Octets())
	}
	if _, all := b.Unfinished(); all != 0 {
		t.Errorf("%d octets count as unfinished", all)
	}
	d, shape, err := b.begin(Message{Source: Import}, 1000, "otto")
	if err != nil || batch.Add(d, shape) != nil {
		t.Fatal(err)
	}
	batch.Abort()
	if _, all := b.Unfinished(); all != 0 || b.holds("otto") != 0 {
		t.Error("an aborted batch left something")
	}
}

// TestRemovedAccount: an account that was removed since RCPT gets nothing, and neither do others.
func TestRemovedAccount(t *testing.T) {
	b := newBench(t)
	if err := b.deliver(Message{}, 1000, "anna", "bert"); !errors.Is(err, ErrRemoved) {
		t.Errorf("got %v", err)
	}
	if b.holds("anna") != 0 {
		t.Error("the other recipient got it")
	}
}
