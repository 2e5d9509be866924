package mailbox

import "pillarbox/appliance/config"

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
