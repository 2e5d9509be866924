package appliance

import (
	"context"
	"errors"
	"fmt"
	"net"
	"sync"
	"time"

	"go.uber.org/zap"

	"pillarbox/appliance/accounts"
	"pillarbox/appliance/admin"
	"pillarbox/appliance/listen"
	"pillarbox/watchdog"
)

// stopPatience is how long replies that are being sent may take at the end.
const stopPatience = 5 * time.Second

// Run serves until ctx ends, then stops in order: no new client is let in, replies that are being
// sent have 5 s, the spool is drained. It returns when no goroutine of the appliance is left, and
// closes it.
func (a *Appliance) Run(ctx context.Context) error {
	var group, accepting sync.WaitGroup
	a.guard.Prepare(a.boot, a.checks)
	a.page.begin(ctx)
	a.listeners.Begin(func(l *listen.Listener) { accepting.Go(func() { a.acceptor.Accept(ctx, l) }) })
	retainer, inspector := a.newRetainer(), a.newInspector()
	group.Go(func() { a.watch(ctx, a.newWatcher(), retainer, inspector) })
	group.Go(func() { a.maintain(ctx) })
	group.Go(func() { a.tidier.tidy(ctx, a.spool.Stats().Index) })
	group.Go(func() { a.remote.Run(ctx) })
	group.Go(func() { a.remote.sending.run(ctx) })
	if socket := listenControl(a.state, a.log); socket != nil { // before the server is ready
		group.Go(func() { a.serveControl(ctx, socket) })
	}
	group.Go(func() { a.page.run(ctx, stopPatience) })
	ended, fed := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(fed)
		a.guard.Feed(ctx, ended)
	}()
	a.guard.Supervisor.Ready(a.statusLine())
	a.log.Info("ready", zap.String("hostname", a.boot.Hostname), zap.String("state", a.state))

	<-ctx.Done()
	a.log.Info("stopping")
	a.guard.Supervisor.Stopping()
	a.listeners.Close()
	accepting.Wait() // from here on no new client is let in
	if cut := a.acceptor.Sessions.End(stopPatience); cut > 0 {
		a.log.Warn("sessions cut off", zap.Int("sessions", cut))
	}
	group.Wait()
	retainer.end()
	a.logins.saveKnown()
	err := a.Close()
	close(ended)
	<-fed
	a.log.Info("stopped", zap.Error(err))
	return err
}

// listenControl opens the control socket. Without one mail is served anyway; then it returns nil.
func listenControl(state string, log *zap.Logger) *net.UnixListener {
	l, err := admin.Listen(state)
	if err != nil {
		log.Warn("control socket could not be opened: commands cannot reach the running server", zap.Error(err))
		return nil
	}
	return l
}

// serveControl answers commands until ctx ends.
func (a *Appliance) serveControl(ctx context.Context, l *net.UnixListener) {
	server := &admin.Server{
		Spool: a.spool, Accounts: func() *accounts.Table { return a.rules.Load().table }, Running: true,
		Intake: a.intake, Now: a.now, Health: a.health,
		Reload: a.Reload, Setup: a.setup, LastLogins: a.latest.all, Doctor: examiner{a}.run,
		Collector: a.remote.Collector, RemoteAccount: a.remote.account, Queue: a.remote.sending.Queue,
	}
	server.Serve(ctx, l, a.state, a.log)
}

func (a *Appliance) newRetainer() *retainer {
	return &retainer{
		spool: a.spool, intake: a.intake, clock: a.clock, rules: a.rules.Load, state: a.state,
		readOnly: a.readOnly, log: a.log, keeper: a.clock.Keeper(),
	}
}

func (a *Appliance) newInspector() *inspector {
	return &inspector{spool: a.spool, intake: a.intake, rules: a.rules.Load, now: a.now, state: a.state, log: a.log}
}

// checks is the table of health checks. grace is how long a passed check holds; the device
// of the spool has twice as long, for a card may take its time to tidy up.
func (a *Appliance) checks(grace time.Duration) []watchdog.Check {
	device := max(2*grace, leastDeviceGrace)
	list := []watchdog.Check{
		{Name: "commits", Grace: device, Run: commitsGetOn(a.spool)},
		{Name: "spool read", Grace: device, Run: func(context.Context) error { return a.spool.ReadProof() }},
		{Name: "index", Grace: grace, Run: func(context.Context) error { a.spool.Mailboxes(); return nil }},
	}
	for _, l := range a.listeners.Listeners() {
		name := fmt.Sprintf("%s %v", l.Key, l.Addr())
		list = append(list, watchdog.Check{Name: name, Grace: grace, Run: l.Answered})
	}
	return list
}

// leastDeviceGrace is how long a card may take for one write in any case.
const leastDeviceGrace = 30 * time.Second

// commitsGetOn passes if no message waits for a write, or a step was made since the last time.
func commitsGetOn(s interface {
	Pulse() (busy bool, steps uint64)
}) func(context.Context) error {
	var before uint64
	return func(context.Context) error {
		busy, steps := s.Pulse()
		stands := busy && steps == before
		before = steps
		if stands {
			return errors.New("mail waits for the device, which takes nothing")
		}
		return nil
	}
}
