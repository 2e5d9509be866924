package mailbox

import (
	"slices"

	"pillarbox/appliance/accounts"
	"pillarbox/appliance/config"
	"pillarbox/appliance/retention"
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
