package appliance

import (
	"bytes"
	"context"
	"errors"
	"maps"
	"net"
	"path/filepath"
	"sync"
	"time"

	"go.uber.org/zap"

	"pillarbox/appliance/access"
	"pillarbox/appliance/accounts"
	"pillarbox/appliance/listen"
	"pillarbox/appliance/statedir"
)

// logins decide about logins, and remember whose session each is.
type logins struct {
	*access.Logins
	clients  *access.Table
	sessions *listen.Sessions
	rules    func() access.Rules
	state    string
	now      func() time.Time
	log      *zap.Logger
}

// openClients gives the table of clients the secret of the server and what it knew before the
// start. It writes nothing: if there is no secret yet, it is a new one.
func (l *logins) openClients() (secret []byte, err error) {
	secret, err = access.ReadSecret(filepath.Join(l.state, statedir.SecretFile))
	if err != nil {
		return nil, err
	}
	if err := l.clients.Open(filepath.Join(l.state, statedir.KnownFile), secret, l.now()); err != nil {
		l.log.Warn("reading the known clients failed: until their next login they count as unknown", zap.Error(err))
	}
	return secret, nil
}

// open stores a new secret and makes what decides about logins.
func (l *logins) open(secret []byte, loggedIn func(account string)) error {
	if err := statedir.UnlessReadOnly(access.StoreSecret(filepath.Join(l.state, statedir.SecretFile), secret)); err != nil {
		return err
	}
	l.Logins = access.NewLogins(l.clients, l.rules, secret)
	l.LoggedIn = loggedIn
	l.Alarm = func(account string, client access.Client, failures int) {
		l.log.Warn("many failed logins in a row: someone may be guessing the password",
			zap.String("user", account), zap.Stringer("remote", client), zap.Int("failures", failures))
	}
	return nil
}

// saveKnown writes the known clients, if a day has gone by since the last time.
func (l *logins) saveKnown() {
	if err := statedir.UnlessReadOnly(l.clients.Save(filepath.Join(l.state, statedir.KnownFile))); err != nil {
		l.log.Warn("storing the known clients failed: after a restart they count as unknown", zap.Error(err))
	}
}

// logIn decides about a login over conn, and returns the account. It notes whose session it is
// before it asks for the rules once more: a reload in between either finds the session, or is seen
// here.
func (l *logins) logIn(ctx context.Context, conn net.Conn, c access.Credentials) (account string, err error) {
	c.Client = access.ClientOf(conn)
	login, err := l.Check(ctx, c)
	if err != nil {
		return "", err
	}
	if session := l.sessions.Of(conn); session != nil {
		session.LoggedIn(login)
	}
	if !l.rules().Holds(login) {
		return "", access.ErrWrong
	}
	return login.Account, nil
}

// holds reports whether the login of a session would still be right.
func (l *logins) holds(conn net.Conn) bool {
	session := l.sessions.Of(conn)
	return session == nil || l.rules().Holds(session.Login())
}

// revoke ends the sessions whose account was removed or has another password.
func (l *logins) revoke() {
	if n := l.clients.Revoke(l.rules()); n > 0 {
		l.log.Info("sessions ended because their accounts were removed or have new passwords", zap.Int("sessions", n))
	}
}

// errRevoked is why nothing is deleted for an account that is gone.
var errRevoked = errors.New("the account was removed, or its password changed, during the session")

// unchanged reports whether an account is still there as it was.
func unchanged(table *accounts.Table, was *accounts.Account) bool {
	now, ok := table.Lookup(was.Name)
	return ok && now.Mailbox == was.Mailbox && bytes.Equal(now.Verifier.Digest(), was.Verifier.Digest())
}

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
