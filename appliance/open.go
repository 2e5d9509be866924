package appliance

import (
	"cmp"
	"context"
	"errors"
	"os"
	"path/filepath"
	"time"

	"go.uber.org/zap"

	"pillarbox/appliance/access"
	"pillarbox/appliance/clock"
	"pillarbox/appliance/config"
	"pillarbox/appliance/delivery"
	"pillarbox/appliance/guard"
	"pillarbox/appliance/listen"
	"pillarbox/appliance/machine"
	"pillarbox/appliance/remote"
	"pillarbox/appliance/remote/child"
	"pillarbox/appliance/statedir"
	"pillarbox/appliance/storage"
	"pillarbox/spool"
	"pillarbox/spool/flash"
)

// New opens everything that the configuration says: state directory, spool, certificate, listeners,
// accounts. Nothing is served before Run. What is missing is made: the first start needs nothing.
func New(ctx context.Context, c *config.Config, opts Options) (*Appliance, error) {
	if opts.Log == nil {
		opts.Log = zap.NewNop()
	}
	if opts.Clients == nil {
		opts.Clients = access.NewTable()
	}
	opts.LookEvery = cmp.Or(opts.LookEvery, lookEvery)
	opts.Root = cmp.Or(opts.Root, "/")
	if opts.Clock == nil {
		opts.Clock = clock.Machine()
	}
	a := &Appliance{
		opts: opts, log: opts.Log, state: c.State, started: time.Now(), boot: c,
		locks: &maildropLocks{}, clients: opts.Clients, tidier: newTidier(opts.Clients, threads(opts.Small)),
	}
	a.acceptor = listen.NewAcceptor(a.clients, a.log, a.listenRules, a.tidier.stir)
	a.logins = logins{
		clients: a.clients, sessions: a.acceptor.Sessions, rules: a.accessRules, state: a.state, now: a.now, log: a.log,
	}
	a.cert = certificate{log: a.log, built: opts.Built, now: a.now}
	a.first.state, a.first.terminal, a.first.log = a.state, opts.Terminal, a.log
	if err := a.open(ctx, c); err != nil {
		return nil, errors.Join(err, a.Close())
	}
	return a, nil
}

// open opens everything in its order: what another process may hold comes before what is written.
func (a *Appliance) open(ctx context.Context, c *config.Config) (err error) {
	service, err := serviceUser(c)
	if err != nil {
		return err
	}
	rights, id, err := statedir.Take(c.State, service, a.opts.GiveUp, a.log)
	a.rights = rights
	if err != nil {
		return err
	}
	c = withRemotes(c, a.log)
	a.boot = c
	secret, err := a.logins.openClients()
	if err != nil {
		return err
	}
	if err := a.openListeners(c); err != nil { // before anything is written
		return err
	}
	if err := a.logins.open(secret, a.loggedIn); err != nil {
		return err
	}
	a.openClock()
	a.openGuard(c)
	waited := false
	err = a.guard.WhileStarting(ctx, c, func(ctx context.Context) (err error) {
		waited, err = a.openSpool(ctx, c)
		return err
	})
	if err != nil {
		return err
	}
	a.intake = delivery.New(delivery.Options{
		Spool: a.spool, Rules: a.deliveryRules, Largest: int64(c.SMTP.MaxMessage), Index: storage.IndexBytes(c),
		ReadOnly: a.readOnly, Clients: a.clients, Log: a.log,
	})
	a.remote = openRemote(a)
	openSending(a, &a.remote.sending)
	if err := a.cert.open(c, a.rights); err != nil {
		return err
	}
	a.cert.noteOutside(c)
	st := a.spool.Stats()
	share(a.clients, c)
	a.clients.SetBounds(boundsOf(storage.MemoryOf(c), descriptors(), st.Capacity/st.SlotSize))
	if err := a.listeners.Settle(ctx, c, waited); err != nil {
		return err
	}
	openPage(a, c)
	if err := a.openRules(c); err != nil || !a.opts.GiveUp {
		return err
	}
	return a.giveUp(c, id)
}

// openSending makes what sends mail to other servers.
func openSending(a *Appliance, s *sending) {
	*s = sending{
		state: a.state, spool: a.spool, intake: a.intake, readOnly: a.readOnly, now: a.now, log: a.log,
		rules: func() sendingRules {
			in := a.rules.Load()
			return sendingRules{in.config, in.table, in.routing}
		},
		program: func() *child.Program { return a.remote.program },
		inSent:  a.remote.inSent,
		dial:    a.opts.dialOutgoing,
	}
	s.grants = openGrants(a.remote)
	a.remote.grants = s.grants
	s.open(func() bool { return a.clock.Interval().Trusted() })
}

// openRules reads the accounts, puts the first rules in force, and shows a first start.
func (a *Appliance) openRules(c *config.Config) error {
	text := func(first *firstAccount) string {
		return firstBlock(c, a.cert.Fingerprint(), addressesOf(a), first)
	}
	a.reloading.seen = look(a.watched(c))
	table, first, err := a.first.openAccounts(text)
	if err != nil {
		return err
	}
	if first != nil { // the accounts file is new because this start made it
		a.reloading.seen = look(a.watched(c))
	}
	a.page.admin = loadAdmin(a.state, a.log)
	a.enforce(c, table)
	a.rights.AsRoot(func() error { a.guard.Arm(c); return nil })
	return a.first.announce(first, text)
}

// openListeners opens the listeners. A process that ends releases the spool last, so whether one
// has it is looked up before the ports are.
func (a *Appliance) openListeners(c *config.Config) (err error) {
	a.listeners, err = listen.Open(c, listen.Options{
		State: a.state, Final: a.portsAreFinal(), Rights: a.rights, Log: a.log,
		Succeeds: flash.Held(filepath.Join(c.State, statedir.SpoolFolder)) != nil,
	})
	return err
}

// portsAreFinal reports whether a client may have been set up by the ports of an earlier start:
// one has logged in, or the first start was at a terminal, which showed them.
func (a *Appliance) portsAreFinal() bool {
	if _, err := os.Lstat(filepath.Join(a.state, statedir.AccountsFile)); errors.Is(err, os.ErrNotExist) {
		return false
	}
	_, err := os.Lstat(filepath.Join(a.state, statedir.FirstLoginFile))
	return err != nil || a.clients.AnyKnown()
}

// openGuard finds out which watchdog there is, and how the previous run ended.
func (a *Appliance) openGuard(c *config.Config) {
	a.guard = guard.Open(c, guard.Options{
		State: a.state, Root: a.opts.Root, Rights: a.rights, Now: a.now, LookEvery: a.opts.LookEvery,
		Getenv: a.opts.Getenv, Exit: a.opts.Exit, Dump: a.opts.Dump, Device: a.opts.device, Log: a.log,
	})
}

// openSpool opens the spool, or makes it. waited reports whether another process had it.
func (a *Appliance) openSpool(ctx context.Context, c *config.Config) (waited bool, err error) {
	how := a.opts.opening
	also := how.Waits
	how.Waits = func(holder error) {
		if also != nil {
			also(holder)
		}
		waited = true
		a.log.Info("the spool is in use by another process: waiting until it ends", zap.Error(holder))
	}
	a.spool, err = storage.Open(ctx, c, how, a.now, a.log, func(o *spool.Options) {
		o.Step = func() { a.guard.Steps.Add(1) }
		o.ReadOnly = o.ReadOnly || a.guard.ReadOnly
		a.readOnly = o.ReadOnly
		o.LoadBytes = storage.LoadBytes(c)
		if a.opts.volume != nil {
			o.Volume = a.opts.volume(o.Volume)
		}
	})
	return waited, err
}

// openClock has the clock judged from here on, with the record of the previous run.
func (a *Appliance) openClock() {
	kept, err := clock.Load(filepath.Join(a.state, statedir.ClockFile))
	if err != nil {
		a.log.Warn("reading what the previous run recorded of the clock failed", zap.Error(err))
	}
	a.clock = clock.New(a.opts.Clock, a.opts.Built, kept)
}

// openRemote returns what collects mail at providers.
func openRemote(a *Appliance) *collecting {
	m := &collecting{
		state: a.state, boot: a.boot, confined: a.opts.GiveUp && confines(a.boot), restart: machine.Restart(a.opts.Root), started: a.started, log: a.log,
		Collector: &remote.Collector{
			Store:    remoteStore{spool: a.spool, intake: a.intake, now: a.now, log: a.log},
			Clock:    remoteClock{a.clock},
			Hostname: a.boot.Hostname,
		},
	}
	m.Notices = &remote.Notices{Tell: m.tell, File: filepath.Join(a.state, statedir.ToldFile), Log: a.log}
	m.PutOff = func() error { return duringTrial(a.opts.Root) }
	m.begin()
	return m
}

// loggedIn is called after each login with the name of the account.
func (a *Appliance) loggedIn(user string) {
	a.latest.note(user, a.now())
	a.first.used(user, a.rules.Load().table)
}

// Close releases everything that New opened. Run calls it; a second Close does nothing.
func (a *Appliance) Close() (err error) {
	a.closing.Do(func() {
		a.listeners.Close()
		a.acceptor.Close()
		a.page.close()
		if a.spool != nil {
			err = a.spool.Close()
		}
		a.remote.close()
	})
	return err
}
