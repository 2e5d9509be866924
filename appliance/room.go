package appliance

import (
	"context"
	"errors"

	"pillarbox/appliance/accounts"
	"pillarbox/appliance/config"
	"pillarbox/appliance/retention"
	"pillarbox/spool"
)

// limitOf is how many octets the mailbox of an account may hold: its share of the spool, and its quota.
func limitOf(s *spool.Spool, c *config.Config, account string) int64 {
	k := c.Retention.Of(account)
	limit := s.Stats().Capacity / 100 * int64(k.MailboxShare)
	if k.Quota > 0 {
		limit = min(limit, int64(k.Quota))
	}
	return limit
}

// held is how many octets a mailbox holds, its bin included.
func (a *Appliance) held(key spool.Key) int64 {
	for _, box := range a.spool.Mailboxes() {
		if box.Key == key {
			return box.Octets
		}
	}
	return 0
}

// mailboxRoom says whether the mailbox of an account may hold that many octets more; 0: any mail at all. Its bin gives way. spool.ErrMailboxFull,
// spool.ErrTooLarge when it may never, or nil.
func (a *Appliance) mailboxRoom(ctx context.Context, in *rules, account accounts.Account, octets int64) error {
	limit, key := limitOf(a.spool, in.config, account.Name), spool.Key(account.Mailbox)
	if octets > limit {
		return spool.ErrTooLarge
	}
	enough := func() bool { return a.held(key)+max(octets, 1) <= limit }
	if enough() {
		return nil
	}
	own := []retention.Account{{Name: account.Name, Key: account.Mailbox}}
	if a.relieve(ctx, own, enough); enough() {
		return nil
	}
	return spool.ErrMailboxFull
}

// room says whether the spool can take a mail of that many octets; 0: any mail at all, and then bins give way to the largest that may come.
// spool.ErrFull, spool.ErrTooLarge or nil.
func (a *Appliance) room(ctx context.Context, octets int64) error {
	want := octets
	if want == 0 {
		want = int64(a.boot.SMTP.MaxMessage)
	}
	enough := func() bool { return !errors.Is(a.spool.Room(want), spool.ErrFull) }
	if !enough() {
		a.relieve(ctx, a.retained(a.rules.Load()), enough)
	}
	return a.spool.Room(octets)
}
