package appliance

import (
	"cmp"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"time"

	"pillarbox/appliance/accounts"
	"pillarbox/appliance/certs"
	"pillarbox/appliance/config"
	"pillarbox/appliance/logbook"
	"pillarbox/appliance/retention"
	"pillarbox/spool"
)

// Options are what the appliance is told beside its configuration.
type Options struct {
	// Log takes the events; nil: none. Level, when not nil, follows log.level of the configuration.
	Log   *logbook.Logger
	Level *logbook.AtomicLevel
	// Reread reads the configuration anew, for Reload; nil: it stays as it is.
	Reread func() (*config.Config, error)
	// Awaited is the configuration that is read as soon as it is there, where none was at the start; "": none is.
	Awaited string
	// Built is the date of this build: certificates count from it where no clock can be believed.
	Built time.Time
	// Clock reads the wall clock and the uptime; nil: those of the machine. It is asked what day it is; time-outs do not ask it.
	Clock func() retention.Reading
	// LookEvery is how often files, certificate, clock and spool are looked at; 0: every minute.
	LookEvery time.Duration
	// GiveUp has New give up for ever what the process does not need any more once everything is open, as [service] says. It is for a program
	// that does nothing else.
	GiveUp bool
	// Root is where /sys and /dev are; "": "/".
	Root string
	// Getenv tells who supervises this process; nil: nobody does.
	Getenv func(string) string
	// Exit ends the process when it could not prove that it works, so that its supervisor starts it again; nil: only the watchdog does.
	Exit func(code int)
	// Dump takes the stacks of all goroutines before that; nil: nobody does.
	Dump io.Writer
	// Terminal shows the first start to who sits at it; nil: nobody does, and it is kept in a file.
	Terminal io.Writer

	device device  // of a test
	volume remaker // of a test
}

// An Appliance is the whole box: New opens everything, Run serves, Close gives everything back.
type Appliance struct {
	// Set at birth.
	opts      Options
	log       *logbook.Logger
	state     string // the state folder
	started   time.Time
	boot      *config.Config // what listeners and spool were opened with
	spool     *spool.Spool
	witness   *retention.Witness
	ring      *certs.Ring
	tlsPOP3   *tls.Config
	tlsSMTP   *tls.Config
	locks     *maildropLocks
	listeners []*listener
	gate      *gate
	floods    *floods
	stirred   chan struct{} // a session has begun or ended
	logins    *logins
	sessions  *sessions
	spare     *spare

	rules      atomic.Pointer[rules] // in force for new sessions
	firstLogin atomic.Bool           // the file of the first start is there

	seen      string    // of the watched files, as they were read; after New the watcher's
	condition condition // of the spool; the watcher's
	retainer  retainer  // the watcher's
	guard     guard
	relieving sync.Mutex // one at a time empties bins
	reloading sync.Mutex // one reload at a time
	closing   sync.Once
}

// rules are what a reload replaces. They are not changed once they are in force; sessions that began under them end
// under them, but every login and delivery asks the rules of its moment.
type rules struct {
	config  *config.Config
	table   *accounts.Table
	routing *accounts.Routing
	servers map[protocol]server
	probed  map[protocol]server // the same, for probes: nobody is told of those
}

// stopPatience is how long replies that are under way may take at the end.
const stopPatience = 5 * time.Second

// New opens everything that the configuration says: state folder, spool, certificate, listeners,
// accounts. Nothing is served before Run. What is missing is made: the first start needs nothing.
func New(ctx context.Context, c *config.Config, opts Options) (*Appliance, error) {
	if opts.Log == nil {
		opts.Log = logbook.NewNop()
	}
	opts.LookEvery = cmp.Or(opts.LookEvery, lookEvery)
	opts.Root = cmp.Or(opts.Root, "/")
	if opts.Clock == nil {
		opts.Clock = retention.Machine()
	}
	a := &Appliance{
		opts: opts, log: opts.Log, state: c.State, started: time.Now(), boot: c,
		locks: &maildropLocks{}, floods: newFloods(), stirred: make(chan struct{}, 1), sessions: newSessions(), spare: newSpare(),
	}
	a.logins = newLogins(a.rules.Load, a.loggedIn)
	if err := a.open(ctx, c); err != nil {
		return nil, errors.Join(err, a.Close())
	}
	return a, nil
}

func (a *Appliance) open(ctx context.Context, c *config.Config) (err error) {
	id, err := serviceUser(c)
	if err != nil {
		return err
	}
	if err := openState(c.State); err != nil {
		return err
	}
	if err := handOver(c.State, id); err != nil {
		return err
	}
	if a.logins.lasting, err = openSecret(c.State); err != nil {
		return err
	}
	a.openWitness()
	a.openGuard(c)
	err = a.whileStarting(ctx, c, func(ctx context.Context) (err error) {
		a.spool, err = a.openSpool(ctx, c)
		return err
	})
	if err != nil {
		return err
	}
	if a.ring, err = certs.Open(a.certOptions(c)); err != nil {
		return err
	}
	st := a.spool.Stats()
	a.gate = newGate(boundsOf(MemoryOf(c), descriptors(), st.Capacity/st.SlotSize), a.logins.throttle.knows)
	a.tlsPOP3, a.tlsSMTP = a.ring.Config("pop3"), a.ring.Config("smtp")
	if a.listeners, err = openListeners(c); err != nil {
		return err
	}
	a.seen = look(a.watched(c))
	table, first, err := a.openAccounts()
	if err != nil {
		return err
	}
	if first != nil { // the accounts file is new because we made it
		a.seen = look(a.watched(c))
	}
	a.enforce(c, table)
	a.arm(c)
	if err := a.announce(first); err != nil || !a.opts.GiveUp {
		return err
	}
	return a.giveUp(c, id)
}

func (a *Appliance) certOptions(c *config.Config) certs.Options {
	return certs.Options{
		Dir:   filepath.Join(c.State, certsFolder),
		Names: certs.NamesOf(c.Hostname, certs.Addresses()),
		Cert:  c.TLS.Cert, Key: c.TLS.Key,
		Built: a.opts.Built, Now: a.now(),
	}
}

// enforce puts a configuration and accounts in force for what begins from now on.
func (a *Appliance) enforce(c *config.Config, table *accounts.Table) {
	in := &rules{
		config: c, table: table,
		routing: accounts.NewRouting(table, c.Hostname, c.Domains, c.Aliases),
		servers: a.newServers(c, a.log, a.handshake),
		probed:  a.newServers(c, logbook.NewNop(), nil),
	}
	for _, name := range in.routing.Dangling() {
		a.log.Warn("alias leads to nobody", logbook.String("name", name))
	}
	for _, name := range strangers(c, table) {
		a.log.Warn("retention of an account that there is not", logbook.String("name", name))
	}
	if a.opts.Level != nil {
		a.opts.Level.SetLevel(ParseLevel(c.Log.Level))
	}
	a.rules.Store(in)
}

// Run serves until ctx ends, then comes to an orderly end: nobody new is let in, replies that are under way have
// 5 s, the spool is drained. It returns when nothing of the appliance runs any more, and closes it.
func (a *Appliance) Run(ctx context.Context) error {
	var group, accepting sync.WaitGroup
	a.guard.feeder = a.newFeeder(a.boot)
	for _, l := range a.listeners {
		a.log.Info("listening", logbook.String("key", l.key), logbook.Stringer("at", l.Addr()))
		accepting.Go(func() { a.accept(ctx, l) })
	}
	group.Go(func() { a.watch(ctx, a.newWatcher()) })
	group.Go(func() { a.maintain(ctx) })
	group.Go(func() { a.tidy(ctx) })
	if socket := a.listenControl(); socket != nil {
		group.Go(func() { a.serveControl(ctx, socket) })
	}
	ended, fed := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(fed)
		a.feed(ctx, ended)
	}()
	a.guard.supervisor.Ready(a.statusLine())
	a.log.Info("ready", logbook.String("hostname", a.boot.Hostname), logbook.String("state", a.state))

	<-ctx.Done()
	a.log.Info("stopping")
	a.guard.supervisor.Stopping()
	closeListeners(a.listeners)
	accepting.Wait() // from here on nobody new is let in
	if cut := a.sessions.end(stopPatience); cut > 0 {
		a.log.Warn("sessions cut off", logbook.Int("sessions", cut))
	}
	group.Wait()
	a.endRetention()
	err := a.Close()
	close(ended)
	<-fed
	a.log.Info("stopped", logbook.Error(err))
	return err
}

// maintain does the spool's chores, which are nobody's session.
func (a *Appliance) maintain(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-a.spool.Chores():
		}
		if err := a.spool.Maintain(ctx); err != nil && ctx.Err() == nil {
			a.log.Error("spool could not be maintained", logbook.Error(err))
		}
	}
}

// Addr returns where the first listener of a key of the configuration listens ("pop3.listen_tls"), "" if none does.
func (a *Appliance) Addr(key string) string {
	for _, l := range a.listeners {
		if l.key == key {
			return l.Addr().String()
		}
	}
	return ""
}

// Close gives everything back that New opened. Run does it by itself; a second Close does nothing.
func (a *Appliance) Close() (err error) {
	a.closing.Do(func() {
		closeListeners(a.listeners)
		a.sessions.end(0)
		a.spare.close()
		if a.spool != nil {
			err = a.spool.Close()
		}
	})
	return err
}

// loggedIn is told of each login.
func (a *Appliance) loggedIn(user string) {
	if !a.firstLogin.Load() {
		return
	}
	first, ok := a.rules.Load().table.First()
	if !ok || first.Name != user || !a.firstLogin.CompareAndSwap(true, false) {
		return
	}
	path := filepath.Join(a.state, firstLoginFile)
	if err := os.Remove(path); err != nil && !errors.Is(err, os.ErrNotExist) {
		a.log.Error("password file could not be removed; do it by hand", logbook.String("file", path), logbook.Error(err))
		return
	}
	a.log.Info("password file removed after the first login", logbook.String("file", path), logbook.String("user", user))
}

// volumeError says what to do about a spool that cannot be opened.
func volumeError(dir string, err error) error {
	advice := ""
	switch {
	case errors.Is(err, spool.ErrVersion):
		advice = "; it was not touched: start the version that wrote it, or set state to another folder"
	case errors.Is(err, spool.ErrForeign):
		advice = "; it was not touched: set state to the folder of this box, or take the foreign files away"
	}
	return fmt.Errorf("the spool in %s cannot be opened: %w%s", dir, err, advice)
}
