package pop3

import (
	"maps"
	"sync"
	"time"
)

// Delays limit how often an account logs in (RFC 2449 §6.5). They have a credit of logins that may
// come earlier, for mail clients that log in twice, to fetch and to delete; each period without a
// login gives one back. They are in memory, 40 octets for each account whose credit is not
// complete. Every and Credit are set before the first session. A Server and those that replace it
// after a reload may share one.
type Delays struct {
	Every  time.Duration // whole seconds; CAPA announces it
	Credit int           // 0: none

	mu    sync.Mutex
	whole map[string]time.Time // when the credit of an account is complete again
}

// delaysKept is how many accounts are kept before those whose credit is complete are removed.
const delaysKept = 64

// take counts a login of an account, and reports whether it is permitted.
func (d *Delays) take(account string, now time.Time) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	whole := d.whole[account]
	if whole.Before(now) {
		whole = now
	}
	if whole.Sub(now) > time.Duration(d.Credit)*d.Every {
		return false
	}
	if d.whole == nil {
		d.whole = make(map[string]time.Time)
	}
	if len(d.whole) >= delaysKept {
		maps.DeleteFunc(d.whole, func(_ string, whole time.Time) bool { return !whole.After(now) })
	}
	d.whole[account] = whole.Add(d.Every)
	return true
}
