package remote

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"time"

	"go.uber.org/zap"

	"pillarbox/appliance/config"
	"pillarbox/appliance/remote/fingerprint"
	"pillarbox/appliance/remote/session"
	"pillarbox/spool"
	"pillarbox/spool/flash/flashtest"
)

// kept is a Store over a spool, as the appliance has it, on a model of a device.
type kept struct{ s *spool.Spool }

const (
	mailbox  = 5
	slotSize = 64 << 10
)

func openSpool(dev *flashtest.Device, slots int64) (*spool.Spool, error) {
	return spool.Open(context.Background(), spool.Options{
		Volume: dev, SlotSize: slotSize, Capacity: slots * slotSize, MaxMessage: 1 << 20, MailboxShare: 100,
		Now: func() time.Time { return time.Unix(today*24*60*60, 0) },
	})
}

func (k kept) Count(account uint64) int                  { return k.s.RemoteCount(account) }
func (k kept) Has(account uint64, id ID) bool            { return k.s.HasRemote(account, id) }
func (k kept) IDs(account uint64) []ID                   { return k.s.RemoteIDs(account) }
func (k kept) Forget(account uint64, gone func(ID) bool) { k.s.ForgetRemotes(account, gone) }
func (k kept) Room(*Account, int64) error                { return nil }

func (k kept) Note(account uint64, ids []Noted) error {
	var list []spool.RemoteID
	for _, id := range ids {
		list = append(list, spool.RemoteID{Account: account, ID: id.ID, Fingerprint: id.Sum})
	}
	return k.s.NoteRemotes(list)
}

type keptDelivery struct {
	*spool.Delivery
	shape spool.Shape
}

func (d *keptDelivery) Done(octets, header int64, sum fingerprint.Sum) {
	d.shape = spool.Shape{Octets: octets, Header: header}
	d.Fingerprint(sum)
}

func (k kept) Begin(ctx context.Context, a *Account, id ID, _ int64) (Delivery, error) {
	d, err := k.s.Begin(ctx, spool.Envelope{Remote: spool.RemoteID{Account: a.Number(), ID: id}}, []spool.Recipient{{Mailbox: mailbox}})
	if errors.Is(err, spool.ErrTooLarge) {
		return nil, ErrRefused
	}
	if err != nil {
		return nil, err
	}
	return &keptDelivery{Delivery: d}, nil
}

func (k kept) Commit(_ context.Context, list []Delivery) (int, error) {
	var all []spool.Written
	for _, d := range list {
		all = append(all, spool.Written{Delivery: d.(*keptDelivery).Delivery, Shape: d.(*keptDelivery).shape})
	}
	return k.s.CommitAll(all)
}

func (k kept) Fingerprints(ctx context.Context, account uint64, each func(ID, fingerprint.Sum, int)) error {
	return k.s.Remotes(ctx, account, func(m spool.RemoteMessage) { each(m.ID, m.Fingerprint, m.Day) })
}

func (k kept) Durable(ctx context.Context, a *Account, most int, wanted func(ID, fingerprint.Sum, int) bool) (map[ID][]fingerprint.Sum, error) {
	safe := map[ID][]fingerprint.Sum{}
	v, err := k.s.View(mailbox)
	if err != nil {
		return nil, err
	}
	defer v.Close()
	err = k.s.Remotes(ctx, a.Number(), func(m spool.RemoteMessage) {
		if m.Mailbox == 0 || len(safe) == most && safe[m.ID] == nil || !wanted(m.ID, m.Fingerprint, m.Day) {
			return
		}
		if n, found := v.FindRemote(m); found {
			if sound, err := v.Sound(n); !sound || err != nil {
				return
			}
		}
		safe[m.ID] = append(safe[m.ID], m.Fingerprint)
	})
	return safe, err
}

// A day is a Clock.
type day struct{ now, since int }

func (d day) Now() time.Time     { return time.Unix(int64(d.now)*86400, 0).UTC() }
func (d day) Today() (int, bool) { return d.now, d.since > 0 }
func (d day) Age(of int) int     { return max(0, d.now-max(of+1, d.since)) }

const today = 20_787 // 30 Nov 2026

func newAccount() *Account {
	return &Account{Name: "a", Mailbox: mailbox, Remote: config.Remote{
		User: "anna", Fetch: config.FetchPOP3, Incoming: "pop.example.org:995", Since: config.Unbounded, After: config.Unbounded, Largest: 1 << 20, Every: config.Duration(time.Hour),
	}}
}

func newCollector(store Store, p *scripted, clock Clock) *Collector {
	return &Collector{
		Open: func(context.Context, *Account, ...uint64) (Session, error) {
			if err := p.does("open"); err != nil {
				return nil, err
			}
			return p, p.refuses
		},
		Store: store, Clock: clock, Hostname: "nas.lan", Log: zap.NewNop(),
	}
}

// here returns how often each message is in the spool, and checks that it is octet by octet behind
// the trace header.
func here(t *testing.T, s *spool.Spool, letters map[string]string) map[string]int {
	t.Helper()
	counts := map[string]int{}
	v, err := s.View(mailbox)
	if err != nil {
		t.Fatal(err)
	}
	defer v.Close()
	for n := 1; n <= v.Len(); n++ {
		m, err := v.Message(n)
		if err != nil {
			t.Fatal(err)
		}
		stored, err := io.ReadAll(io.NewSectionReader(m, 0, m.Size()))
		m.Close()
		text := strings.ReplaceAll(strings.TrimSuffix(string(stored), ".\r\n"), "\r\n..", "\r\n.")
		_, content, _ := strings.Cut(text, " +0000\r\n")
		if err != nil || !strings.HasPrefix(text, "Received: from pop.example.org by nas.lan (pillarbox)\r\n\twith POP3S; ") {
			t.Fatalf("message %d is %.200q, %v", n, text, err)
		}
		id, _, _ := strings.Cut(content, "\r\n")
		if want := letters[id]; content != want {
			t.Fatalf("message %d is\n%.300q, want\n%.300q", n, content, want)
		}
		counts[id]++
	}
	return counts
}

func texts(p *scripted) map[string]string {
	all := map[string]string{}
	for _, m := range p.messages {
		id, _, _ := strings.Cut(m.content, "\r\n")
		all[id] = m.content
	}
	return all
}

func once(counts map[string]int, letters map[string]string) error {
	for id := range letters {
		if counts[id] != 1 {
			return fmt.Errorf("%s is here %d times", id, counts[id])
		}
	}
	return nil
}

var _ session.Mailbox = (*scripted)(nil)
