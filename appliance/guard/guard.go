package guard

import (
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"time"

	"go.uber.org/zap"

	"pillarbox/appliance/config"
	"pillarbox/appliance/durable"
	"pillarbox/appliance/statedir"
	"pillarbox/watchdog"
	"pillarbox/watchdog/device"
)

// A Device is what is fed.
type Device = watchdog.Device

// Options are what a Guard needs.
type Options struct {
	State     string              // the state directory, for the record
	Root      string              // where /sys and /dev are
	Rights    *statedir.Rights    // opens the device
	Now       func() time.Time    // the wall clock
	LookEvery time.Duration       // how often the loop that watches goes round
	Getenv    func(string) string // tells who supervises this process; nil: no supervisor
	Exit      func(code int)      // ends the process; nil: only the watchdog does
	Dump      io.Writer           // takes the stacks of all goroutines before that; may be nil
	Device    watchdog.Device     // instead of the device of the configuration
	Log       *zap.Logger
}

// A Guard feeds the watchdog and the supervisor of this process while all health checks pass. The
// exported fields are set by Open and not changed afterwards.
type Guard struct {
	Supervisor *device.Supervisor
	Name       string         // of the device
	ReadOnly   bool           // the spool is only read, because resets did not help
	Resets     int            // in a row, before this start
	Last       string         // why the previous run ended, or the machine was reset; "" if orderly
	Rounds     watchdog.Lease // renewed by the loop that watches
	Steps      atomic.Uint64  // of reading the spool at the start

	o        Options
	boot     string // which boot of the machine this is
	device   watchdog.Device
	hardware bool // it resets the machine
	feeder   *watchdog.Feeder
	record   watchdog.Record // as it is stored; after New the feeder's
	hard     atomic.Bool     // it is the turn of the hardware
}

// exitUnhealthy is the exit code after a failed health check.
const exitUnhealthy = 1

// Open finds out what there is to feed and how the run before ended. It arms nothing: reading the
// spool may take longer than a watchdog waits.
func Open(c *config.Config, o Options) *Guard {
	g := &Guard{o: o}
	var err error
	if g.o.Getenv != nil {
		if g.Supervisor, err = device.Supervised(g.o.Getenv, os.Getpid()); err != nil {
			g.o.Log.Warn("notifying systemd of the state of the server failed", zap.Error(err))
		}
	}
	if g.Supervisor.WatchdogEnabled() && c.Watchdog.Device == device.None {
		g.o.Log.Error(`the systemd unit has WatchdogSec but the watchdog is off, so systemd will end the server: set watchdog.device = "auto", or remove WatchdogSec from the unit`)
	}
	g.boot = BootID()
	for _, s := range device.Devices(g.o.Root) {
		if words := s.BootWords(); words != "" {
			g.o.Log.Warn("the watchdog reports why the machine was booted", zap.String("device", s.Path), zap.String("identity", s.Identity), zap.String("boot", words))
		}
	}
	g.judgeLast(g.choice(c).Hardware())
	return g
}

// mostRecord bounds the file of the watchdog's record in octets: its reason has up to 1000.
const mostRecord = 4 << 10

// judgeLast reads what the run before has left. Resets count where this box feeds the hardware;
// nil: it does not.
func (g *Guard) judgeLast(hardware *device.Status) {
	text, err := durable.Read(filepath.Join(g.o.State, statedir.RecordFile), mostRecord)
	if err == nil {
		g.record, err = watchdog.ParseRecord(string(text))
	}
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		g.o.Log.Warn("reading why the previous run ended failed", zap.Error(err))
	}
	before, changed := g.record, false
	if g.record, changed = g.record.Began(g.boot, hardware != nil && hardware.WasReset()); changed {
		if err := g.keepRecord(); err != nil {
			g.o.Log.Warn("storing how the previous run ended failed", zap.Error(err))
		}
	}
	g.Resets, g.ReadOnly = g.record.Resets, g.record.Brakes() && hardware != nil
	switch {
	case before.Reason != "" && (g.record.Boot == before.Boot || g.record.Resets > 0):
		g.Last = before.Reason
		g.o.Log.Warn("the previous run failed a health check and was ended", zap.String("when", before.At), zap.String("reason", g.Last), zap.Int("resets", g.Resets))
	case g.record.Resets > 0:
		g.Last = "the watchdog reset the machine, for a reason that was not kept"
		g.o.Log.Warn(g.Last, zap.Int("resets", g.Resets))
	}
	if g.ReadOnly {
		g.o.Log.Error("the spool is read-only and the watchdog is not armed because it has reset this machine too often: switch the machine off and on, or remove the file and restart the server",
			zap.Int("resets", g.Resets), zap.String("file", filepath.Join(g.o.State, statedir.RecordFile)), zap.String("reason", g.Last))
	}
}

// keepRecord makes the record durable; a server that never failed has none.
func (g *Guard) keepRecord() error {
	path := filepath.Join(g.o.State, statedir.RecordFile)
	text := g.record.String()
	if text == "" {
		err := os.Remove(path)
		if errors.Is(err, os.ErrNotExist) {
			return nil
		}
		return err
	}
	return durable.Replace(path, []byte(text))
}

// choice returns the device of the configuration.
func (g *Guard) choice(c *config.Config) device.Choice {
	return device.Choice{
		Device: c.Watchdog.Device, Timeout: time.Duration(c.Watchdog.Timeout),
		Supervisor: g.Supervisor, Root: g.o.Root,
	}
}

// WhileStarting calls do, which opens the spool. Who has armed the device already, or waits for the
// start, is fed meanwhile as long as it gets on.
func (g *Guard) WhileStarting(ctx context.Context, c *config.Config, do func(context.Context) error) error {
	var fed watchdog.Device
	if g.Supervisor != nil {
		fed = g.Supervisor.Starting(startStep)
	} else {
		g.pauseProcd(c)
	}
	if s := g.choice(c).Hardware(); s != nil && s.Running {
		g.o.Log.Info("the watchdog was armed before this start", zap.String("device", s.Path))
		g.o.Rights.AsRoot(func() error { g.Arm(c); return nil })
		if g.device != nil {
			fed = g.device
		}
	}
	return watchdog.Start(ctx, fed, g.Steps.Load, do)
}

// pauseProcd stops the timer of procd for the start, whatever the configuration says now: procd
// keeps the mode that the process before this one has set. arm starts it again, if at all.
func (g *Guard) pauseProcd(c *config.Config) {
	err := device.PauseProcd(g.o.Root, time.Duration(c.Watchdog.Timeout))
	if err != nil && !errors.Is(err, device.ErrNoProcd) { // arm reports it where it matters
		g.o.Log.Debug("the timer of procd was not stopped for the start", zap.Error(err))
	}
}

// startStep is how much more time systemd is asked for while the spool is read.
const startStep = 30 * time.Second

// Arm opens the device. It is called once the spool is open, or when the device is armed anyway,
// and before the rights of root are given up. What cannot be had is logged, and the server runs
// without it.
func (g *Guard) Arm(c *config.Config) {
	switch {
	case g.device != nil:
		return
	case g.ReadOnly:
		g.release(c)
		return
	case g.o.Device != nil:
		g.device, g.Name = g.o.Device, "test"
	default:
		var err error
		if g.device, g.Name, err = g.choice(c).Open(); err != nil {
			g.o.Log.Error("no watchdog is fed", zap.String("device", c.Watchdog.Device), zap.Error(err))
		} else if g.device == nil && c.Watchdog.Device == device.Auto {
			g.o.Log.Warn("no watchdog is fed: this machine has none that can be used (neither systemd with WatchdogSec, nor procd, nor /dev/watchdog)",
				zap.String("device", c.Watchdog.Device))
		}
	}
	if g.device == nil {
		g.Name = device.None
		return
	}
	fields := []zap.Field{zap.String("device", g.Name), zap.Duration("timeout", g.device.Timeout())}
	if h, ok := g.device.(*device.Hardware); ok {
		g.hardware = true
		fields = append(fields, zap.String("identity", h.Status.Identity), zap.Bool("nowayout", h.Status.NoWayOut),
			zap.String("boot", h.Status.BootWords()), zap.Duration("pretimeout", h.Pretime))
	}
	g.o.Log.Info("watchdog armed", fields...)
}

// release disarms a device that the boot loader or the run before has left armed. One that cannot
// be disarmed is fed without health checks, because the machine would be reset again and again.
func (g *Guard) release(c *config.Config) {
	g.Name = device.None
	s := g.choice(c).Hardware()
	if s == nil || !s.Running {
		return
	}
	h, err := device.Arm(s.Path, time.Duration(c.Watchdog.Timeout))
	if err != nil {
		g.o.Log.Error("disarming the watchdog is not possible: it stays armed", zap.String("device", s.Path), zap.Error(err))
		return
	}
	if s.NoWayOut {
		g.device, g.Name = h, s.Path+" (without health checks)"
		g.o.Log.Error("disarming the watchdog is not possible: it is fed without health checks", zap.String("device", s.Path))
	} else if err := h.Disarm(); err != nil {
		g.o.Log.Error("disarming the watchdog failed", zap.String("device", s.Path), zap.Error(err))
	}
}

// Prepare makes the feeder. checks returns the health checks, for a time that each holds.
func (g *Guard) Prepare(c *config.Config, checks func(grace time.Duration) []watchdog.Check) {
	o := watchdog.Options{Device: g.device, Log: g.o.Log, Keep: g.keepReason, Dump: g.o.Dump, Settled: g.settled}
	if g.device == nil || !g.ReadOnly {
		grace := time.Duration(c.Watchdog.Timeout)
		if g.device != nil {
			grace = g.device.Timeout()
		}
		g.Rounds.Name, g.Rounds.Term = "reload loop", 2*g.o.LookEvery+longestRound
		o.Checks, o.Leases = checks(grace), []*watchdog.Lease{&g.Rounds}
	}
	g.feeder = watchdog.New(o)
}

// longestRound is how long one round of the loop that watches may take: it empties bins, which
// takes commits.
const longestRound = 5 * time.Minute

// keepReason stores why the feed is withheld, before it is. It decides whose turn it is.
func (g *Guard) keepReason(reason string) error {
	record, hard := g.record.Failed(g.boot, g.o.Now(), reason, g.hardware)
	g.record = record
	g.hard.Store(hard)
	return g.keepRecord()
}

// settled is called when all health checks have passed for an hour.
func (g *Guard) settled() {
	record, changed := g.record.Settled()
	if !changed || g.ReadOnly {
		return
	}
	g.record = record
	if err := g.keepRecord(); err != nil {
		g.o.Log.Warn("resetting the count of earlier resets failed", zap.Error(err))
	}
}

// Feed feeds the watchdog until the box has ended. When something is not proven, the program ends
// for its supervisor to start it again; when that has not helped, or nobody ends it, the hardware
// has its turn.
func (g *Guard) Feed(ctx context.Context, ended <-chan struct{}) {
	err := g.feeder.Run(ctx, ended)
	var failed *watchdog.CheckError
	if !errors.As(err, &failed) {
		if err != nil {
			g.o.Log.Warn("feeding the watchdog ended with an error", zap.Error(err))
		}
		g.stoppedInPeace()
		return
	}
	g.Supervisor.Status(failed.Error())
	if g.hard.Load() || g.o.Exit == nil {
		g.o.Log.Error("a health check failed: the watchdog will reset the machine", zap.String("device", g.Name), zap.Error(err))
		return
	}
	g.o.Log.Error("a health check failed: ending, so that the supervisor restarts the server", zap.Error(err))
	g.o.Exit(exitUnhealthy)
}

// stoppedInPeace has a reset that follows not counted.
func (g *Guard) stoppedInPeace() {
	record, changed := g.record.Stopped()
	if !changed {
		return
	}
	g.record = record
	if err := g.keepRecord(); err != nil {
		g.o.Log.Warn("storing that this is an orderly end failed: the next start may take it for a reset", zap.Error(err))
	}
}

// BootID returns the name of this boot of the machine; "" if the kernel has none.
func BootID() string {
	text, _ := os.ReadFile("/proc/sys/kernel/random/boot_id")
	return strings.TrimSpace(string(text))
}

// Report makes the health checks and returns the result.
func (g *Guard) Report(ctx context.Context) watchdog.Report { return g.feeder.Report(ctx) }
