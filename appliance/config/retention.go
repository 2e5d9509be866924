package config

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// Retention is how long mail stays: for every account, but for those that have a table of their own.
type Retention struct {
	Keeping
	// Accounts are the accounts with a table of their own, complete: what is not written there is as for everybody.
	Accounts map[string]Keeping
}

// Keeping is how long the mail of an account stays, and how much room it may take.
type Keeping struct {
	KeepDays           int     // after it came; 0: until a client deletes it
	KeepDaysAfterFetch int     // after a client fetched it; 0: that makes no difference
	BinDays            int     // how long deleted mail can be brought back; 0: not at all
	MailboxShare       Percent // of the spool's capacity that a mailbox may take
	Quota              Size    // that a mailbox may take; 0: no other limit than the share
}

// Of returns what holds for an account.
func (r *Retention) Of(account string) Keeping {
	if own, ok := r.Accounts[account]; ok {
		return own
	}
	return r.Keeping
}

const (
	retentionTable = "retention"
	accountsTable  = "accounts"
	// mostDays is the most that EXPIRE can say (RFC 2449 §6.7).
	mostDays = 99999
)

// keys is the table of the keys for an account. That of [retention] itself has all but the last.
func (k *Keeping) keys() []key {
	return []key{
		{"keep_days", number(&k.KeepDays)},
		{"keep_days_after_fetch", number(&k.KeepDaysAfterFetch)},
		{"bin_days", number(&k.BinDays)},
		{"mailbox_share", parsed(&k.MailboxShare, ParsePercent)},
		{"quota", parsed(&k.Quota, ParseSize)},
	}
}

// ofAccount says whether a position is in [retention.accounts], or that table itself.
func (p position) ofAccount() bool {
	return len(p.path) >= 2 && p.path[0] == retentionTable && p.path[1] == accountsTable
}

// fillAccount stores one line below [retention.accounts]. The keys of [retention] are read already.
func (c *Config) fillAccount(values map[string]any, p position) (trouble string, mark span) {
	if value, _ := lookUp(values, p.path); len(p.path) <= 3 && !p.table || kind(value) == "a list" && p.table {
		return p.name() + ": expects a table: [retention.accounts.anna] on a line of its own, and its keys below", p.key
	}
	if len(p.path) == 2 {
		return "", span{}
	}
	name := fold(p.path[2])
	if !accountName(name) {
		return fmt.Sprintf("retention.accounts: %q cannot be the name of an account: it is 1 to 64 of a-z, 0-9, dot, hyphen and underscore", p.path[2]), p.key
	}
	if c.Retention.Accounts == nil {
		c.Retention.Accounts = map[string]Keeping{}
	}
	own, known := c.Retention.Accounts[name]
	if !known {
		own = c.Retention.Keeping
	}
	defer func() { c.Retention.Accounts[name] = own }()
	switch {
	case len(p.path) == 3 && known:
		return fmt.Sprintf("retention.accounts: %q stands here twice; letter case makes no difference", name), p.key
	case len(p.path) == 3:
		return "", span{}
	case len(p.path) > 4 || p.table:
		return fmt.Sprintf("retention.accounts: a name with a dot stands in quotes: [retention.accounts.%q]", strings.Join(p.path[2:], ".")), p.key
	}
	return own.fill(values, p)
}

// fill stores one key of an account.
func (k *Keeping) fill(values map[string]any, p position) (trouble string, mark span) {
	table, name := k.keys(), p.path[3]
	for _, row := range table {
		if row.name == name {
			value, _ := lookUp(values, p.path)
			if err := row.set(value); err != nil {
				return p.name() + ": " + err.Error(), p.value
			}
			return "", span{}
		}
	}
	return fmt.Sprintf("unknown key %q%s", p.name(), suggestion(table, position{path: []string{name}})), p.key
}

// retention checks how long mail stays.
func (v *verdict) retention(r *Retention) {
	v.keeping(retentionTable, r.Keeping)
	for _, name := range slices.Sorted(maps.Keys(r.Accounts)) {
		if own := r.Accounts[name]; own != r.Keeping {
			v.keeping(retentionTable+"."+accountsTable+"."+name, own)
		}
	}
}

func (v *verdict) keeping(table string, k Keeping) {
	for _, days := range []struct {
		key   string
		value int
	}{{"keep_days", k.KeepDays}, {"keep_days_after_fetch", k.KeepDaysAfterFetch}, {"bin_days", k.BinDays}} {
		if days.value < 0 || days.value > mostDays {
			v.addf(table+"."+days.key, "%d is outside of 0 to %d days; 0 is off", days.value, mostDays)
		}
	}
	if k.MailboxShare < 1 {
		v.addf(table+".mailbox_share", "%v leaves no room for any mail; 1%% to 100%% is possible", k.MailboxShare)
	}
	if k.Quota != 0 && k.Quota < minMessage {
		v.addf(table+".quota", "%v is less than the %v that one mail may need; 0B is no quota", k.Quota, Size(minMessage))
	}
}

func accountName(name string) bool {
	return len(name) >= 1 && len(name) <= 64 && strings.Trim(name, "abcdefghijklmnopqrstuvwxyz0123456789._-") == ""
}
