package appliance

import (
	"context"
	"io"
	"sync"
	"sync/atomic"
	"time"

	"go.uber.org/zap"

	"pillarbox/appliance/access"
	"pillarbox/appliance/accounts"
	"pillarbox/appliance/clock"
	"pillarbox/appliance/config"
	"pillarbox/appliance/delivery"
	"pillarbox/appliance/guard"
	"pillarbox/appliance/listen"
	"pillarbox/appliance/logging"
	"pillarbox/appliance/outbound"
	session "pillarbox/appliance/outbound/link"
	"pillarbox/appliance/statedir"
	"pillarbox/appliance/storage"
	"pillarbox/spool"
	"pillarbox/spool/flash"
)

// Options are what the appliance needs beside its configuration.
type Options struct {
	// Log takes the events; nil drops them. Level, if not nil, follows log.level of the
	// configuration.
	Log   *zap.Logger
	Level *logging.Level
	// Clients is the table that Log counts in; nil stands for a new one.
	Clients *access.Table
	// Reread reads the configuration again, for Reload; if it is nil, the configuration stays.
	Reread func() (*config.Config, error)
	// Awaited is a configuration file that is read as soon as it exists, if there was none at the
	// start; "" if none is.
	Awaited string
	// Built is the date of this build: certificates count from it where no clock can be trusted.
	Built time.Time
	// Version is the version of the program, for the page.
	Version string
	// LogTail returns the last lines of the log, for the page; nil if it has none.
	LogTail func() []string
	// Clock reads the wall clock and the uptime; nil stands for those of the machine. It is read
	// for the date; time-outs do not use it.
	Clock func() clock.Reading
	// LookEvery is how often files, certificate, clock and spool are inspected; 0 stands for a
	// minute.
	LookEvery time.Duration
	// Small says that the program has one thread for Go code, to save memory, and should have more
	// while there are several sessions.
	Small bool
	// GiveUp makes New give up permanently what the process does not need any more once everything
	// is open, as [service] says. It is for a program that does nothing else.
	GiveUp bool
	// Root is where /sys and /dev are; "" stands for "/".
	Root string
	// Getenv tells who supervises this process; nil if there is no supervisor.
	Getenv func(string) string
	// Exit ends the process when a health check failed, so that its supervisor starts it again; nil
	// if only the watchdog does.
	Exit func(code int)
	// Dump takes the stacks of all goroutines before that; it may be nil.
	Dump io.Writer
	// Terminal shows the first start to its user; if it is nil, the text is kept in a file.
	Terminal io.Writer

	// Set by tests alone.
	device  guard.Device
	volume  func(flash.Volume) flash.Volume // makes another volume of the one that the spool lies on
	opening storage.Opening                 // how the spool is opened
	// dialOutgoing opens a session with an outgoing server in place of a child process.
	dialOutgoing func(context.Context, session.Target) (outbound.Session, error)
}

// lookEvery is how often files are inspected beside the notifications of the kernel, which some
// file systems do not send.
const lookEvery = time.Minute

// An Appliance is the whole server: New opens everything, Run serves, Close releases everything.
type Appliance struct {
	// Set by New and not changed afterwards.
	opts     Options
	log      *zap.Logger
	state    string // the state directory
	started  time.Time
	boot     *config.Config   // what listeners and spool were opened with
	rights   *statedir.Rights // those of root, until they are given up
	readOnly bool             // the spool is only read until the next start

	// Each has its own lock.
	spool     *spool.Spool
	intake    *delivery.Intake // the one way into the spool
	clock     *clock.Clock
	cert      certificate
	clients   *access.Table
	logins    logins
	locks     *maildropLocks
	listeners *listen.Set
	acceptor  *listen.Acceptor
	guard     *guard.Guard
	tidier    tidier
	page      page
	remote    *collecting // mail from providers, and to other servers

	rules  atomic.Pointer[rules] // in force for new sessions
	first  firstStart
	latest latest // logins

	reloading reloading
	closing   sync.Once
}

// reloading lets one reload run at a time.
type reloading struct {
	sync.Mutex
	seen string // state of the watched files when they were read
}

// rules are what a reload replaces. They are not changed once they are in force; sessions that
// began under them end under them, but every login and delivery reads the rules of its moment.
type rules struct {
	config  *config.Config
	table   *accounts.Table
	routing *accounts.Routing
	listen  listen.Rules
}

// now returns the wall clock.
func (a *Appliance) now() time.Time { return a.opts.Clock().Wall }

// deliveryRules returns the rules in force, as package delivery reads them.
func (a *Appliance) deliveryRules() delivery.Rules {
	in := a.rules.Load()
	return delivery.Rules{Config: in.config, Table: in.table}
}

// accessRules returns the rules in force, as package access reads them.
func (a *Appliance) accessRules() access.Rules {
	in := a.rules.Load()
	return access.Rules{Accounts: in.table, Routing: in.routing}
}

// listenRules returns the rules in force, as package listen reads them.
func (a *Appliance) listenRules() listen.Rules { return a.rules.Load().listen }

// Addr returns the address of the first listener of a key of the configuration ("pop3.listen_tls"),
// "" if there is none.
func (a *Appliance) Addr(key string) string {
	for _, l := range a.listeners.Listeners() {
		if l.Key == key {
			return l.Addr().String()
		}
	}
	return ""
}

// maintain runs the maintenance of the spool that belongs to no session, until ctx ends.
func (a *Appliance) maintain(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-a.spool.Chores():
		}
		if err := a.spool.Maintain(ctx); err != nil && ctx.Err() == nil {
			a.log.Error("maintenance of the spool failed", zap.Error(err))
		}
		a.tidier.stir() // the first time it reads many messages
	}
}
