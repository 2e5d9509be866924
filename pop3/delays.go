package pop3

import (
	"strconv"
	"sync"
	"time"
)

// Delays keep the logins of a user apart (RFC 2449 §6.5), with a credit: that many may come
// earlier, for mail programs that log in twice to fetch and to delete, and each period without
// a login gives one back. They live in memory, one time a user. Every and Credit are set
// before the first session; a Server and those that it replaces after a reload may share one.
type Delays struct {
	Every  time.Duration // whole seconds; CAPA announces it
	Credit int           // 0: none

	mu    sync.Mutex
	whole map[string]time.Time // when a user's credit is whole again
}

// take counts a login, and reports whether it may be.
func (d *Delays) take(user string, now time.Time) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	whole := d.whole[user]
	if whole.Before(now) {
		whole = now
	}
	if whole.Sub(now) > time.Duration(d.Credit)*d.Every {
		return false
	}
	if d.whole == nil {
		d.whole = make(map[string]time.Time)
	}
	d.whole[user] = whole.Add(d.Every)
	return true
}

func delayLine(s *session) string {
	return "LOGIN-DELAY " + strconv.FormatInt(int64(s.server.LoginDelay.Every/time.Second), 10)
}

func (s *session) delays() bool { return s.server.LoginDelay != nil }
