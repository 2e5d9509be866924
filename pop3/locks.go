package pop3

import "sync"

// Locks are the exclusive-access locks of RFC 1939 §4: who has a maildrop open. They live in
// memory and end with the session, so a crash leaves none behind. The zero Locks is ready;
// a Server and those that it replaces after a reload share one.
type Locks struct {
	mu   sync.Mutex
	held map[string]struct{}
}

// lock takes a user's maildrop and reports whether it was free.
func (l *Locks) lock(user string) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if _, taken := l.held[user]; taken {
		return false
	}
	if l.held == nil {
		l.held = make(map[string]struct{})
	}
	l.held[user] = struct{}{}
	return true
}

// unlock frees what lock took.
func (l *Locks) unlock(user string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	delete(l.held, user)
}
