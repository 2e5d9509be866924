package access

import (
	"bytes"

	"pillarbox/appliance/accounts"
)

// A Login is the result of a successful login: an account, and the verifier that its password
// matched.
type Login struct {
	Account  string
	verifier []byte
}

// LoginOf returns the login of an account whose password was right, for a session that proves it by
// something else, such as a cookie.
func LoginOf(a accounts.Account) Login { return Login{a.Name, a.Verifier.Digest()} }

// LoggedIn records the login of a session. From then on the session does not make room for others,
// and ends when the login is revoked.
func (s *Session) LoggedIn(l Login) {
	t := s.table
	t.mu.Lock()
	s.account, s.verifier = l.Account, string(l.verifier)
	oldest := t.crowdingLocked(l.Account)
	if oldest != nil {
		t.endLocked(oldest)
	}
	t.mu.Unlock()
	if oldest != nil {
		oldest.end()
	}
}

// crowdingLocked returns the oldest session of an account if it has more than it may, else nil:
// sessions that have logged in make room for no other account, so that one with a stolen password
// must not take all of them.
func (t *Table) crowdingLocked(account string) (oldest *Session) {
	sessions := 0
	for e := t.sessions.Front(); e != nil; e = e.Next() {
		if s := e.Value.(*Session); s.account == account {
			if oldest == nil {
				oldest = s
			}
			sessions++
		}
	}
	if sessions <= t.bounds.PerAccount {
		return nil
	}
	return oldest
}

// Login returns what LoggedIn noted; the zero Login before that.
func (s *Session) Login() Login {
	s.table.mu.Lock()
	defer s.table.mu.Unlock()
	return Login{s.account, []byte(s.verifier)}
}

// Holds reports whether a login would still be right: its account is there, with the same password.
func (in Rules) Holds(l Login) bool {
	account, ok := in.Accounts.Lookup(l.Account)
	return ok && bytes.Equal(account.Verifier.Digest(), l.verifier)
}

// Revoke ends the sessions whose logins are not valid by rules, and returns how many. It is called
// when new rules are in use. A login that is being checked by the old rules meanwhile is caught by
// its caller, which calls Holds again after LoggedIn.
func (t *Table) Revoke(rules Rules) int {
	t.mu.Lock()
	var revoked []*Session
	for e := t.sessions.Front(); e != nil; {
		s := e.Value.(*Session)
		e = e.Next()
		if s.account != "" && !rules.Holds(Login{s.account, []byte(s.verifier)}) {
			t.endLocked(s)
			revoked = append(revoked, s)
		}
	}
	t.mu.Unlock()
	for _, s := range revoked {
		s.end()
	}
	return len(revoked)
}
