package pop3

import "sync"

// Locks are the exclusive-access locks of RFC 1939 §4: the accounts whose maildrop is open. They
// are in memory and end with the session, so a crash leaves none behind. The zero Locks is ready
// for use. A Server and those that replace it after a reload share one.
type Locks struct {
	mu   sync.Mutex
	held map[string]struct{}
}

// lock locks the maildrop of an account. It reports false if it is locked already.
func (l *Locks) lock(account string) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if _, taken := l.held[account]; taken {
		return false
	}
	if l.held == nil {
		l.held = make(map[string]struct{})
	}
	l.held[account] = struct{}{}
	return true
}

// unlock releases what lock has locked.
func (l *Locks) unlock(account string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	delete(l.held, account)
}
