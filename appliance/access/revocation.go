package access

import (
	"bytes"

	"pillarbox/appliance/accounts"
)

// Rules are the accounts and the names that lead to them. They are not changed after they are made.
type Rules struct {
	Accounts *accounts.Table
	Routing  *accounts.Routing
}

// A Login is the result of a successful login: an account, and the verifier that its password
// matched.
type Login struct {
	Account  string
	verifier []byte
}

// LoginOf returns the login of an account whose password was right, for a session that proves it by
// something else, such as a cookie.
func LoginOf(a accounts.Account) Login { return Login{a.Name, a.Verifier.Digest()} }

// Holds reports whether a login would still be right: its account is there, with the same password.
func (in Rules) Holds(l Login) bool {
	account, ok := in.Accounts.Lookup(l.Account)
	return ok && bytes.Equal(account.Verifier.Digest(), l.verifier)
}

// login returns what LoggedIn noted.
func (s *session) login() Login { return Login{s.account, s.verifier} }

// LoggedIn records the login of a session. From then on the session does not make room for others,
// and ends when the login is revoked.
func (s *Session) LoggedIn(l Login) {
	t := s.table
	t.mu.Lock()
	s.account, s.verifier = l.Account, l.verifier
	oldest := t.sessions.crowding(t.bounds, l.Account)
	if oldest != nil {
		t.sessions.request(oldest)
	}
	t.mu.Unlock()
	if oldest != nil {
		oldest.end()
	}
}

// Login returns what LoggedIn noted; the zero Login before that.
func (s *Session) Login() Login {
	s.table.mu.Lock()
	defer s.table.mu.Unlock()
	return s.login()
}

// Revoke ends the sessions whose logins are not valid by rules, and returns how many. It is called
// when new rules are in use. A login that is being checked by the old rules meanwhile is caught by
// its caller, which calls Holds again after LoggedIn.
func (t *Table) Revoke(rules Rules) int {
	t.mu.Lock()
	revoked := t.sessions.revoke(func(s *session) bool { return rules.Holds(s.login()) })
	t.mu.Unlock()
	for _, s := range revoked {
		s.end()
	}
	return len(revoked)
}
