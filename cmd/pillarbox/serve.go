package main

import (
	"context"
	"os"
	"os/signal"
	"runtime"
	"runtime/debug"
	"syscall"

	"go.uber.org/zap"

	"pillarbox/appliance"
	"pillarbox/appliance/access"
	"pillarbox/appliance/config"
	"pillarbox/appliance/logging"
	"pillarbox/appliance/machine"
	"pillarbox/appliance/storage"
)

// garbage is how much the heap may grow before it is collected, in percent of the live heap: at the
// default of 100 many clients take half as much memory again, and at 25 a fetch takes a quarter
// more CPU.
const garbage = 50

// firstGarbage applies until the first collection, because until then the runtime does not know how
// much of the heap is live: it collects at 4 MiB then, and not at 2. A start with 100,000 messages
// stays below that. The first collection takes 5 ms and leaves the runtime 700 KiB larger.
const firstGarbage = 100

// collectLate sets how much garbage there may be before and after the first collection.
func collectLate() {
	debug.SetGCPercent(firstGarbage)
	type unreachable struct{ _ *byte }
	runtime.AddCleanup(new(unreachable), func(percent int) { debug.SetGCPercent(percent) }, garbage)
}

// serve runs the server until SIGTERM or SIGINT; a second one ends it at once. SIGHUP reloads.
func serve(c *call, o *options) error {
	if os.Getenv("GOGC") == "" {
		collectLate()
	}
	destination := logging.Open(c.stderr, os.Getenv)
	// Mistakes in the configuration have a priority, too.
	c.stderr = logging.Errors(destination, c.stderr)
	loaded, err := findToServe(o.config)
	if err != nil {
		return err
	}
	if os.Getenv("GOMEMLIMIT") == "" {
		debug.SetMemoryLimit(storage.MemoryOf(loaded)) // near it memory is worth more than CPU
	}
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, syscall.SIGINT)
	defer stop()
	context.AfterFunc(ctx, stop) // a second signal has its default effect
	hangup := make(chan os.Signal, 1)
	signal.Notify(hangup, syscall.SIGHUP)
	defer signal.Stop(hangup)

	level := new(logging.Level)
	level.Set(logging.ParseLevel(loaded.Log.Level))
	clients := access.NewTable()
	tail := logging.Keep(destination)
	log := logging.New(tail, level, clients)
	defer log.Sync()
	opts := c.serving(o)
	opts.Log, opts.Level, opts.Clients, opts.LogTail = log, level, clients, tail.Lines
	log.Info("starting", zap.String("version", versionWord()), zap.String("config", loaded.File))
	server, err := appliance.New(ctx, loaded, opts)
	if err != nil {
		return err
	}
	ended := make(chan error, 1)
	go func() { ended <- server.Run(ctx) }()
	for {
		select {
		case <-hangup:
			server.Reload() // an error is logged
		case err := <-ended:
			return err
		}
	}
}

// serving returns what the server needs beside its configuration and its log.
func (c *call) serving(o *options) appliance.Options {
	opts := appliance.Options{
		Reread:  func() (*config.Config, error) { return findToServe(o.config) },
		Small:   machine.StartedSmall(),
		Built:   buildDate(),
		Version: versionWord(),
		GiveUp:  true,
		Getenv:  os.Getenv,
		Exit:    os.Exit,
		Dump:    c.stderr,
	}
	if o.config == "" {
		opts.Awaited = config.SystemFile
	}
	if isTerminal(c.stderr) {
		opts.Terminal = c.stderr
	}
	return opts
}

// findToServe is find for the server itself, which may make a state directory for its user.
func findToServe(file string) (*config.Config, error) {
	env := config.Machine()
	env.Serving = true
	return findIn(file, env)
}
