package appliance

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"time"

	"pillarbox/appliance/config"
	"pillarbox/appliance/durable"
	"pillarbox/appliance/logbook"
	"pillarbox/watchdog"
)

// A device is what is fed.
type device = watchdog.Device

// A guard is who is told that the box works: the watchdog, and who supervises the program.
type guard struct {
	supervisor *watchdog.Supervisor
	boot       string // which boot of the machine this is
	device     device
	name       string // of the device
	hardware   bool   // it resets the machine
	feeder     *watchdog.Feeder
	record     watchdog.Record // as it is kept; after New the feeder's
	reading    bool            // only: a reset does not help this box
	resets     int             // in a row, before this start
	last       string          // why the run before ended, or the machine was reset; "": in peace
	hard       atomic.Bool     // the hardware has its turn
	rounds     watchdog.Lease  // of the loop that watches
	steps      atomic.Uint64   // of reading the spool
}

// exitUnproven is how the program ends that could not prove that it works.
const exitUnproven = 1

// openGuard finds out what there is to feed and how the run before ended. It arms nothing: reading the spool may take longer than
// a watchdog waits.
func (a *Appliance) openGuard(c *config.Config) {
	g := &a.guard
	var err error
	if a.opts.Getenv != nil {
		if g.supervisor, err = watchdog.Supervised(a.opts.Getenv, os.Getpid()); err != nil {
			a.log.Warn("systemd cannot be told how the box is", logbook.Error(err))
		}
	}
	if g.supervisor.WantsProofs() && c.Watchdog.Device == watchdog.None {
		a.log.Error(`systemd wants proofs (WatchdogSec) and will end this: set watchdog.device = "auto", or take WatchdogSec out of the unit`)
	}
	g.boot = bootOf()
	for _, s := range watchdog.Devices(a.opts.Root) {
		if words := s.BootWords(); words != "" {
			a.log.Warn("the watchdog of the machine tells why it booted", logbook.String("device", s.Path), logbook.String("identity", s.Identity), logbook.String("boot", words))
		}
	}
	a.judgeLast(a.choice(c).Hardware())
}

// judgeLast reads what the run before has left. Resets count where this box feeds the hardware; nil: it does not.
func (a *Appliance) judgeLast(hardware *watchdog.Status) {
	g := &a.guard
	text, err := os.ReadFile(filepath.Join(a.state, recordFile))
	if err == nil {
		g.record, err = watchdog.ParseRecord(string(text))
	}
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		a.log.Warn("why the run before ended is not known", logbook.Error(err))
	}
	before, changed := g.record, false
	if g.record, changed = g.record.Began(g.boot, hardware != nil && hardware.WasReset()); changed {
		if err := a.keepRecord(); err != nil {
			a.log.Warn("how the run before ended is not kept", logbook.Error(err))
		}
	}
	g.resets, g.reading = g.record.Resets, g.record.Brakes() && hardware != nil
	switch {
	case before.Reason != "" && (g.record.Boot == before.Boot || g.record.Resets > 0):
		g.last = before.Reason
		a.log.Warn("the run before could not prove that it works, and was ended", logbook.String("at", before.At), logbook.String("reason", g.last), logbook.Int("resets", g.resets))
	case g.record.Resets > 0:
		g.last = "the watchdog reset the machine, for a reason that was not kept"
		a.log.Warn(g.last, logbook.Int("resets", g.resets))
	}
	if g.reading {
		a.log.Error("READING ONLY: the watchdog has reset this machine too often; it is not armed, and no mail is taken or deleted until the machine was switched off, or the file is removed and this started again",
			logbook.Int("resets", g.resets), logbook.String("file", filepath.Join(a.state, recordFile)), logbook.String("reason", g.last))
	}
}

// keepRecord makes the record durable; a box that was always well has none.
func (a *Appliance) keepRecord() error {
	path := filepath.Join(a.state, recordFile)
	text := a.guard.record.String()
	if text == "" {
		err := os.Remove(path)
		if errors.Is(err, os.ErrNotExist) {
			return nil
		}
		return err
	}
	return durable.Replace(path, []byte(text))
}

// choice is what the configuration says of the device.
func (a *Appliance) choice(c *config.Config) watchdog.Choice {
	return watchdog.Choice{
		Word: c.Watchdog.Device, Timeout: time.Duration(c.Watchdog.Timeout), Root: a.opts.Root,
		Supervisor: a.guard.supervisor, Arm: watchdog.Arm, Procd: watchdog.DialProcd,
	}
}

// whileStarting calls do, which opens the spool. Who has armed the device already, or waits for the start, is fed meanwhile as long as it gets on.
func (a *Appliance) whileStarting(ctx context.Context, c *config.Config, do func(context.Context) error) error {
	g := &a.guard
	var fed device
	if g.supervisor != nil {
		fed = g.supervisor.Starting(startStep)
	}
	if s := a.choice(c).Hardware(); s != nil && s.Running {
		a.log.Info("the watchdog was armed before this started", logbook.String("device", s.Path))
		if a.arm(c); g.device != nil {
			fed = g.device
		}
	}
	return watchdog.Start(ctx, fed, g.steps.Load, do)
}

// startStep is how much more time systemd is asked for while the spool is read.
const startStep = 30 * time.Second

// arm opens the device. It is called once the spool is open, or when the device is armed anyway, and before the box gives up its rights.
// What cannot be had is told, and the box goes on without.
func (a *Appliance) arm(c *config.Config) {
	g := &a.guard
	switch {
	case g.device != nil:
		return
	case g.reading:
		a.release(c)
		return
	case a.opts.device != nil:
		g.device, g.name = a.opts.device, "test"
	default:
		var err error
		if g.device, g.name, err = a.choice(c).Open(); err != nil {
			a.log.Error("no watchdog is fed", logbook.String("device", c.Watchdog.Device), logbook.Error(err))
		}
	}
	if g.device == nil {
		g.name = watchdog.None
		return
	}
	fields := []logbook.Field{logbook.String("device", g.name), logbook.Duration("timeout", g.device.Timeout())}
	if h, ok := g.device.(*watchdog.Hardware); ok {
		g.hardware = true
		fields = append(fields, logbook.String("identity", h.Status.Identity), logbook.Bool("nowayout", h.Status.NoWayOut),
			logbook.String("boot", h.Status.BootWords()), logbook.Duration("pretimeout", h.Pretime))
	}
	a.log.Info("watchdog armed", fields...)
}

// release disarms a device that the boot loader or the run before has left armed. One that cannot be disarmed is fed without proofs:
// the machine would not come to rest.
func (a *Appliance) release(c *config.Config) {
	g := &a.guard
	g.name = watchdog.None
	s := a.choice(c).Hardware()
	if s == nil || !s.Running {
		return
	}
	h, err := watchdog.Arm(s.Path, time.Duration(c.Watchdog.Timeout))
	if err != nil {
		a.log.Error("the watchdog is armed and cannot be disarmed", logbook.String("device", s.Path), logbook.Error(err))
		return
	}
	if s.NoWayOut {
		g.device, g.name = h, s.Path+" (without proofs)"
		a.log.Error("the watchdog cannot be disarmed: it is fed without proofs", logbook.String("device", s.Path))
	} else if err := h.Disarm(); err != nil {
		a.log.Error("the watchdog could not be disarmed", logbook.String("device", s.Path), logbook.Error(err))
	}
}

// newFeeder makes the feeder of Run.
func (a *Appliance) newFeeder(c *config.Config) *watchdog.Feeder {
	g := &a.guard
	o := watchdog.Options{Device: g.device, Log: a.log, Keep: a.keepReason, Dump: a.opts.Dump, Settled: a.settled}
	if g.device == nil || !g.reading {
		grace := time.Duration(c.Watchdog.Timeout)
		if g.device != nil {
			grace = g.device.Timeout()
		}
		g.rounds.Name, g.rounds.Term = "reload loop", 2*a.opts.LookEvery+longestRound
		o.Checks, o.Leases = a.checks(grace), []*watchdog.Lease{&g.rounds}
	}
	return watchdog.New(o)
}

// longestRound is how long one round of the loop that watches may take: it empties bins, which takes commits.
const longestRound = 5 * time.Minute

// keepReason stores why the feed is withheld, before it is. It decides whose turn it is.
func (a *Appliance) keepReason(reason string) error {
	record, hard := a.guard.record.Failed(a.guard.boot, a.now(), reason, a.guard.hardware)
	a.guard.record = record
	a.guard.hard.Store(hard)
	return a.keepRecord()
}

// settled is called when the box has proven itself for an hour.
func (a *Appliance) settled() {
	record, changed := a.guard.record.Settled()
	if !changed || a.guard.reading {
		return
	}
	a.guard.record = record
	if err := a.keepRecord(); err != nil {
		a.log.Warn("the resets before are not forgotten", logbook.Error(err))
	}
}

// feed feeds the watchdog until the box has ended. When something is not proven, the program ends for its supervisor to start it again;
// when that has not helped, or nobody ends it, the hardware has its turn.
func (a *Appliance) feed(ctx context.Context, ended <-chan struct{}) {
	err := a.guard.feeder.Run(ctx, ended)
	var unproven *watchdog.Unproven
	if !errors.As(err, &unproven) {
		if err != nil {
			a.log.Warn("watchdog", logbook.Error(err))
		}
		a.stoppedInPeace()
		return
	}
	a.guard.supervisor.Status(unproven.Error())
	if a.guard.hard.Load() || a.opts.Exit == nil {
		a.log.Error("the watchdog will reset this", logbook.String("device", a.guard.name), logbook.Error(err))
		return
	}
	a.log.Error("ending, to be started again", logbook.Error(err))
	a.opts.Exit(exitUnproven)
}

// stoppedInPeace has a reset that follows not counted.
func (a *Appliance) stoppedInPeace() {
	record, changed := a.guard.record.Stopped()
	if !changed {
		return
	}
	a.guard.record = record
	if err := a.keepRecord(); err != nil {
		a.log.Warn("the next start may take this end for a reset", logbook.Error(err))
	}
}

// bootOf names this boot of the machine; "": the kernel does not.
func bootOf() string {
	text, _ := os.ReadFile("/proc/sys/kernel/random/boot_id")
	return strings.TrimSpace(string(text))
}
