package appliance

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"slices"
	"sync/atomic"
	"time"

	"go.uber.org/zap"

	"pillarbox/appliance/accounts"
	"pillarbox/appliance/admin"
	"pillarbox/appliance/clock"
	"pillarbox/appliance/config"
	"pillarbox/appliance/remote"
	"pillarbox/appliance/remote/child"
	fetching "pillarbox/appliance/remote/link"
	"pillarbox/appliance/remote/secret"
	"pillarbox/appliance/remote/session"
)

// collecting is what collects mail at providers.
type collecting struct {
	*remote.Collector
	state    string
	boot     *config.Config // the server was confined for its remote accounts
	confined bool
	restart  string // the command for it
	started  time.Time
	log      *zap.Logger
	program  *child.Program // that sessions are started from; nil: there is none
	accounts atomic.Pointer[[]*remote.Account]
	sending  sending // mail to other servers
	grants   *grants // logins by OAuth 2.0
}

// begin opens the program that sessions are started from, and gives the collector what only
// collecting has.
func (m *collecting) begin() {
	var err error
	if m.program, err = child.OpenProgram(); err != nil {
		m.program = nil
		m.log.Warn("nothing can be fetched from providers: the program cannot be opened", zap.Error(err))
	}
	m.accounts.Store(new([]*remote.Account))
	m.Collector.Accounts = func() []*remote.Account { return *m.accounts.Load() }
	m.Collector.Open, m.Collector.Log = m.open, m.log
}

func (m *collecting) close() {
	if m != nil && m.program != nil {
		m.program.Close()
	}
}

// open begins a session with the provider of an account.
func (m *collecting) open(ctx context.Context, account *remote.Account, eras ...uint64) (remote.Session, error) {
	target := account.Target(eras...)
	if target.Login.Token {
		return m.grants.fetch(ctx, account.Name, target, m.start)
	}
	return m.start(ctx, target)
}

// start starts a child and has it log in.
func (m *collecting) start(ctx context.Context, target fetching.Target) (remote.Session, error) {
	if m.program == nil {
		return nil, session.Errorf(session.Protocol, "the program cannot be started a second time")
	}
	one, err := m.program.Start(ctx)
	if err != nil {
		return nil, session.Errorf(session.Protocol, "%v", err)
	}
	if err := one.Open(target); err != nil {
		ended := one.Wait()
		var e *session.Error
		if !errors.As(err, &e) && ended != nil {
			err = session.Errorf(session.Protocol, "%v", ended)
		}
		return nil, err
	}
	return one, nil
}

// enforce reads the remote accounts of a configuration.
func (m *collecting) enforce(c *config.Config, table *accounts.Table) {
	list := m.read(c, table)
	m.accounts.Store(&list)
}

// account returns the remote account of a name.
func (m *collecting) account(name string) (*remote.Account, bool) {
	for _, one := range *m.accounts.Load() {
		if one.Name == name {
			return one, true
		}
	}
	return nil, false
}

// read returns the remote accounts of a configuration with their owners and secrets. What is
// missing is the reason why one of them cannot be collected.
func (m *collecting) read(c *config.Config, table *accounts.Table) []*remote.Account {
	var list []*remote.Account
	for _, name := range c.Remotes() {
		one := &remote.Account{Name: name, Remote: c.Remote[name]}
		list = append(list, one)
		owner, ok := table.Lookup(one.Owner)
		if !ok {
			one.Reason = fmt.Sprintf("its owner %s is no account: pillarbox user add %s", one.Owner, one.Owner)
		} else {
			one.Mailbox = owner.Mailbox
			m.unlock(one)
		}
		fetching := one.Remote
		fetching.Outgoing = "" // that port stops sending alone
		if one.Reason == "" && one.Fetch != config.FetchNone && !m.admits(fetching.Ports()) {
			one.Reason = "the server is confined to the ports of its start, and has to be restarted: " + m.restart
		}
		if one.Reason != "" {
			m.log.Warn("remote account is off", zap.String("remote_account", name), zap.String("error", one.Reason))
		}
	}
	return list
}

// unlock gives a remote account its secret.
func (m *collecting) unlock(one *remote.Account) {
	one.Generation = secret.Generation(m.state, one.Name)
	kept, err := secret.Load(m.state, one.Name)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		one.Reason = "it has no login: pillarbox remote login " + one.Name
	case err != nil:
		one.Reason = err.Error()
	case !kept.Fits(one.Incoming, one.Outgoing, one.Pin):
		one.Reason = fmt.Sprintf("its login was given for %s, and not for %s: pillarbox remote login %s", kept.Incoming, one.Incoming, one.Name)
	case kept.Grant != nil || one.OAuth():
		one.Login = session.Login{User: one.User, Token: true}
		one.Reason = reasonFor(one.Name, &one.Remote, kept.Grant)
	default:
		one.Login = session.Login{User: one.User, Secret: kept.Password}
	}
}

// bounds returns what the children need of the bounds of the server, if there are remote accounts:
// bounds cannot be widened later.
func (m *collecting) bounds(c *config.Config) (connect []uint16, execute, read []string) {
	if len(c.Remote) == 0 || m.program == nil {
		return nil, nil, nil
	}
	for _, file := range child.Files() { // they are replaced as files, so that their folders are named
		if real, err := filepath.EvalSymlinks(file); err == nil {
			read = append(read, filepath.Dir(file), filepath.Dir(real))
		}
	}
	return append(c.RemotePorts(), 53), []string{m.program.Path()}, read
}

// reaches reports whether the bounds of the server admit all servers of the remote accounts.
func (m *collecting) reaches(c *config.Config) bool {
	return m.admits(c.RemotePorts())
}

// admits reports whether the bounds of the server admit ports of servers of a provider.
func (m *collecting) admits(ports []uint16) bool {
	admitted := m.boot.RemotePorts()
	return !m.confined || !slices.ContainsFunc(ports, func(port uint16) bool { return !slices.Contains(admitted, port) })
}

// trouble returns what is wrong with remote accounts, for health.
func (m *collecting) trouble() (said []string) {
	for _, st := range m.Status() {
		switch {
		case st.Asks:
			said = append(said, fmt.Sprintf("the remote account %s needs you: %s", st.Name, st.Why))
		case st.Why != "" && time.Since(st.Last) > 24*time.Hour && time.Since(m.started) > 24*time.Hour:
			said = append(said, fmt.Sprintf("the remote account %s was not reached for a day: %s", st.Name, st.Why))
		}
	}
	for _, one := range *m.accounts.Load() {
		sending := one.Remote
		sending.Incoming = ""
		if one.Send && one.Outgoing != "" && !m.admits(sending.Ports()) {
			said = append(said, fmt.Sprintf("the remote account %s cannot send: the server is confined to the ports of its start, and has to be restarted: %s", one.Name, m.restart))
		}
	}
	return said
}

// tell leaves a message for the owner of a remote account.
func (m *collecting) tell(ctx context.Context, account *remote.Account, subject, text string) error {
	err := deliverNotice(ctx, m.sending.intake, m.sending.rules().config, m.sending.now(), []string{account.Owner}, notice{account.Owner, subject, text})
	if err == nil {
		m.log.Info("owner of a remote account was told", zap.String("remote_account", account.Name), zap.String("user", account.Owner), zap.String("subject", subject))
	}
	return err
}

// A remoteClock is a remote.Clock.
type remoteClock struct{ clock *clock.Clock }

func (c remoteClock) Now() time.Time { return c.clock.Now() }

func (c remoteClock) Today() (day int, ok bool) {
	interval := c.clock.Interval()
	return clock.DayOf(interval.Now), interval.Trusted()
}

func (c remoteClock) Age(day int) int { return c.clock.Interval().Age(day) }

// withRemotes adds the remote accounts that a command has set up.
func withRemotes(c *config.Config, log *zap.Logger) *config.Config {
	return admin.WithRemotes(c, func(name string, err error) {
		log.Warn("remote account is off", zap.String("remote_account", name), zap.Error(err))
	})
}
