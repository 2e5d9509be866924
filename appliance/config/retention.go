package config

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"pillarbox/appliance/names"
)

// Retention is how long mail is kept: for all accounts except those with a table of their own.
type Retention struct {
	Keeping
	// Accounts are the accounts with a table of their own. A key that is not written there has the
	// value of [retention].
	Accounts map[string]Keeping
}

// Keeping is how long the mail of an account is kept, and how much space it may take.
type Keeping struct {
	KeepDays           int     // after delivery; 0: until a client deletes it
	KeepDaysAfterFetch int     // after a client fetched it; 0: no limit
	BinDays            int     // how long deleted mail can be restored; 0: not at all
	MailboxShare       Percent // of the spool's capacity that a mailbox may take
	Quota              Size    // that a mailbox may take; 0: MailboxShare alone is the limit
}

// Of returns the values for an account.
func (r *Retention) Of(account string) Keeping {
	if own, ok := r.Accounts[account]; ok {
		return own
	}
	return r.Keeping
}

const (
	retentionTable = "retention"
	accountsTable  = "accounts"
	// mostDays is the most that EXPIRE can express (RFC 2449 §6.7).
	mostDays = 99999
)

// keys is the table of the keys for an account. [retention] itself has all except the last.
func (k *Keeping) keys() []key {
	return []key{
		{"keep_days", number(&k.KeepDays)},
		{"keep_days_after_fetch", number(&k.KeepDaysAfterFetch)},
		{"bin_days", number(&k.BinDays)},
		{"mailbox_share", parsed(&k.MailboxShare, ParsePercent)},
		{"quota", parsed(&k.Quota, ParseSize)},
	}
}

// ofAccount reports whether a position is in [retention.accounts], or that table itself.
func (p position) ofAccount() bool {
	return len(p.path) >= 2 && p.path[0] == retentionTable && p.path[1] == accountsTable
}

// fillAccount stores one line below [retention.accounts], after the keys of [retention].
func (c *Config) fillAccount(values map[string]any, p position) (trouble string, mark span) {
	if value, _ := lookUp(values, p.path); len(p.path) <= 3 && !p.table || kind(value) == "a list" && p.table {
		return p.name() + ": expects a table: [retention.accounts.anna] on a line of its own, and its keys below", p.key
	}
	if len(p.path) == 2 {
		return "", span{}
	}
	name := names.Fold(p.path[2])
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
		return fmt.Sprintf("retention.accounts: %q is there twice; letter case makes no difference", name), p.key
	case len(p.path) == 3:
		return "", span{}
	case len(p.path) > 4 || p.table:
		return fmt.Sprintf("retention.accounts: a name with a dot is written in quotes: [retention.accounts.%q]", strings.Join(p.path[2:], ".")), p.key
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
	hint := ""
	if best := nearest(table, position{path: []string{name}}); best != "" {
		hint = fmt.Sprintf("; did you mean %q?", strings.Join(p.path[:3], ".")+"."+best)
	}
	return fmt.Sprintf("unknown key %q%s", p.name(), hint), p.key
}

// retention checks how long mail is kept.
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
		v.addf(table+".mailbox_share", "%v leaves no space for mail; 1%% to 100%% is possible", k.MailboxShare)
	}
	if k.Quota != 0 && k.Quota < minMessage {
		v.addf(table+".quota", "%v is less than the %v that one message may need; 0B means no quota", k.Quota, Size(minMessage))
	}
}

// accountName reports whether there can be an account of a name. "." and ".." are names of
// directories, where an export would leave its own.
func accountName(name string) bool {
	return name != "." && name != ".." && names.CheckAccount(name) == nil
}
