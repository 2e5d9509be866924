package appliance

import (
	"maps"
	"sync"
	"time"

	"pillarbox/appliance/accounts"
)

// A latest keeps the last login of each account since the start, in memory alone: a file would cost
// the flash a write each time a phone looks for mail. An entry takes about 100 bytes.
type latest struct {
	mu sync.Mutex
	at map[string]time.Time // by the name of the account
}

func (l *latest) note(account string, now time.Time) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.at == nil {
		l.at = map[string]time.Time{}
	}
	l.at[account] = now
}

// keep drops what belongs to accounts that were removed.
func (l *latest) keep(table *accounts.Table) {
	l.mu.Lock()
	defer l.mu.Unlock()
	maps.DeleteFunc(l.at, func(name string, _ time.Time) bool {
		_, exists := table.Lookup(name)
		return !exists
	})
}

// all returns the last login of each account that has logged in since the start.
func (l *latest) all() map[string]time.Time {
	l.mu.Lock()
	defer l.mu.Unlock()
	return maps.Clone(l.at)
}
