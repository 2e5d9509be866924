package main

import (
	"context"
	"os"
	"os/signal"
	"runtime/debug"
	"syscall"

	"pillarbox/appliance"
	"pillarbox/appliance/config"
	"pillarbox/appliance/logbook"
)

// garbage is how much the heap may grow before it is collected, in percent of what lives: at the default of 100 a
// crowd of clients takes half as much memory again, and at 25 a fetch takes a quarter more CPU.
const garbage = 50

// serve runs the box until SIGTERM or SIGINT; a second one ends it at once. SIGHUP reloads.
func serve(c *call) error {
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(garbage)
	}
	loaded, file, err := c.configuration()
	if err != nil {
		return err
	}
	if os.Getenv("GOMEMLIMIT") == "" {
		debug.SetMemoryLimit(appliance.MemoryOf(loaded)) // near it memory is worth more than CPU
	}
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, syscall.SIGINT)
	defer stop()
	context.AfterFunc(ctx, stop) // the second one is the system's again
	hangup := make(chan os.Signal, 1)
	signal.Notify(hangup, syscall.SIGHUP)
	defer signal.Stop(hangup)

	level := logbook.NewAtomicLevelAt(appliance.ParseLevel(loaded.Log.Level))
	opts := appliance.Options{
		Log:    appliance.NewLog(c.stderr, level),
		Level:  &level,
		Reread: func() (*config.Config, error) { return find(file) },
		Built:  buildDate(),
		GiveUp: true,
		Getenv: os.Getenv,
		Exit:   os.Exit,
		Dump:   c.stderr,
	}
	if file == "" {
		opts.Awaited = config.SystemFile
	}
	if isTerminal(c.stderr) {
		opts.Terminal = c.stderr
	}
	opts.Log.Info("starting", logbook.String("version", versionWord()), logbook.String("config", loaded.File))
	box, err := appliance.New(ctx, loaded, opts)
	if err != nil {
		return err
	}
	ended := make(chan error, 1)
	go func() { ended <- box.Run(ctx) }()
	for {
		select {
		case <-hangup:
			box.Reload() // which logs
		case err := <-ended:
			return err
		}
	}
}
