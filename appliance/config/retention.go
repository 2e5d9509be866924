package config

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

// values are those of the keys of an account.
func (k Keeping) values() map[string]any {
	return map[string]any{
		"keep_days": k.KeepDays, "keep_days_after_fetch": k.KeepDaysAfterFetch, "bin_days": k.BinDays,
		"mailbox_share": k.MailboxShare.String(), "quota": k.Quota.String(),
	}
}
