// Package mailbox applies the configuration to one mailbox: how long its messages stay, how much it
// may hold, and which views it has.
//
// It joins package retention, which knows neither spool nor configuration, to both. It delivers
// nothing and removes nothing by itself.
package mailbox

import (
	"context"
	"errors"
	"iter"
	"slices"
	"strings"

	"pillarbox/appliance/accounts"
	"pillarbox/appliance/config"
	"pillarbox/appliance/retention"
	"pillarbox/spool"
)

// PolicyOf returns how long the messages of an account stay.
func PolicyOf(c *config.Config, account string) retention.Policy {
	return Policy(c.Retention.Of(account))
}

// Policy returns the policy of a table of the configuration.
func Policy(k config.Keeping) retention.Policy {
	return retention.Policy{KeepDays: k.KeepDays, KeepAfterFetch: k.KeepDaysAfterFetch, BinDays: k.BinDays}
}

// Accounts returns the mailboxes of all accounts with their policies.
func Accounts(c *config.Config, table *accounts.Table) (list []retention.Account) {
	for _, account := range table.Accounts() {
		list = append(list, Of(c, account))
	}
	return list
}

// Of returns the mailbox of an account with its policy.
func Of(c *config.Config, account accounts.Account) retention.Account {
	return retention.Account{Name: account.Name, Key: account.Mailbox, Policy: PolicyOf(c, account.Name)}
}

// Removes reports whether any policy of a configuration ever removes messages.
func Removes(c *config.Config) bool {
	some := Policy(c.Retention.Keeping).Removes()
	for _, own := range c.Retention.Accounts {
		some = some || Policy(own).Removes()
	}
	return some
}

// CountsDays reports whether a configuration removes anything after days, here or at a provider, so
// that the days have to be counted over starts of the server.
func CountsDays(c *config.Config) bool {
	some := Removes(c)
	for _, r := range c.Remote {
		some = some || r.After > config.FromNow
	}
	return some
}

// Unknown returns, sorted, the names that have a policy of their own in the configuration and are
// no accounts.
func Unknown(c *config.Config, table *accounts.Table) (names []string) {
	for name := range c.Retention.Accounts {
		if _, known := table.Lookup(name); !known {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}

// Limits bound a mailbox.
type Limits struct {
	Octets int64 // of messages
	Index  int64 // of the memory that its index takes
}

// LimitsOf returns the limits of the mailbox of an account: its share of the capacity of the spool,
// its quota, and its share of the memory of the index.
func LimitsOf(c *config.Config, account string, capacity, index int64) Limits {
	k := c.Retention.Of(account)
	l := Limits{Octets: capacity / 100 * int64(k.MailboxShare), Index: index / 100 * int64(k.MailboxShare)}
	if k.Quota > 0 {
		l.Octets = min(l.Octets, int64(k.Quota))
	}
	return l
}

// A Store is a retention.Store of a spool.
type Store struct{ Spool *spool.Spool }

// Mailbox returns a view of the mailbox with a key.
func (s Store) Mailbox(key uint64) (retention.Mailbox, error) {
	view, err := s.Spool.View(spool.Key(key))
	return View{view}, err
}

// A View is a retention.Mailbox.
type View struct{ *spool.View }

// Bears reports whether any message may bear a label.
func (v View) Bears(label string) bool {
	for l := range v.Labels() {
		if l == label {
			return true
		}
	}
	return false
}

// Update makes a change durable.
func (v View) Update(ctx context.Context, c retention.Change) error {
	change := spool.Change{Expunge: c.Expunge}
	for _, m := range c.Marks {
		change.Marks = append(change.Marks, spool.Mark(m))
	}
	err := v.View.Update(ctx, change)
	if binned := binnedBy(c); errors.Is(err, spool.ErrFull) && binned != nil && c.Expunge == nil {
		// There is no memory for labels. The delete goes through anyway: the bin gives way.
		return v.View.Update(ctx, spool.Change{Expunge: binned})
	}
	return err
}

// binnedBy returns the messages that a change puts into the bin; nil if it has none.
func binnedBy(c retention.Change) iter.Seq[int] {
	for _, m := range c.Marks {
		if m.Label == retention.BinLabel {
			return m.Messages
		}
	}
	return nil
}

// MaxDevices is how many devices of an account may have messages hidden from them, because each
// such message takes memory. More are kept where they exist already.
const MaxDevices = 32

// Admits reports whether a device may have a view of the mailbox.
func (v View) Admits(device string) bool {
	devices := 0
	for label := range v.Labels() {
		switch {
		case label == retention.DeviceLabel+device:
			return true
		case strings.HasPrefix(label, retention.DeviceLabel):
			devices++
		}
	}
	return device == "" || devices < MaxDevices
}
