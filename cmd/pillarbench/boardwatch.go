package main

import (
	"context"
	"fmt"
	"io"
	"time"
)

// The watchdog of the story. The emulated one counts real seconds, however little of them the emulator gets: a busy machine must not
// keep a box that is well from feeding for two thirds of its timeout.
const (
	boardTimeout        = 15 * time.Second
	boardQuiet          = boardTimeout * 3 / 2 // in which it would have fired, were it not fed
	boardWatchdogConfig = "\n[watchdog]\ndevice  = \"/dev/watchdog0\"\ntimeout = \"15s\"\n"
)

// A mishap is something that happens to a board.
type mishap struct {
	name   string
	strike func(ctx context.Context, r *rig) error
	mend   func(r *rig) // when the hardware has fired
	within time.Duration
	told   []string // by the next boot, in this order
	hangs  bool     // the disk
}

// The hardware has fired within the timeout, and thirty seconds later where slow cards look like the mishap. Of a box that is fed on it never
// does, so slow machines get some more.
const (
	shortGrace = boardTimeout + 2*time.Minute
	longGrace  = 30*time.Second + shortGrace
)

// mishaps all end in a reset. The last one is one too many for the box.
var mishaps = [...]mishap{
	{"the committer is wedged, for the file system is frozen", freeze, func(*rig) {}, longGrace, []string{bootTold}, false},
	{"the disk has hung, and writes never end", stall, func(r *rig) { r.disk.Resume() }, longGrace, []string{bootTold}, true},
	{"the box is killed", killBox, func(*rig) {}, shortGrace, []string{bootTold, "READING ONLY"}, false},
}

// bootTold is what a box says after a reset by the watchdog.
const bootTold = "the watchdog of the machine tells why it booted"

func stall(_ context.Context, r *rig) error { r.disk.Stall(); return nil }

func killBox(ctx context.Context, r *rig) error {
	return r.say(ctx, "kill", "board: the box was killed")
}

func freeze(ctx context.Context, r *rig) error { return r.say(ctx, "freeze", "board: frozen") }

// boardWatchdog leaves a box that is well alone, then strikes it until the box itself says that it was often enough. That the
// hardware has fired is told by the emulated hardware.
func boardWatchdog(ctx context.Context, r *rig, out io.Writer, _ time.Duration) error {
	if err := r.boot(ctx); err != nil {
		return err
	}
	letters := []letter{{1, 1000}}
	if err := r.passMail(letters, letters); err != nil {
		return err
	}
	if err := r.quiet(ctx, boardQuiet); err != nil {
		return fmt.Errorf("a box that is well: %w", err)
	}
	fmt.Fprintf(out, "watchdog: timeout %v: a box that is well is left alone for %v\n", boardTimeout, boardQuiet)
	if err := r.disarm(ctx, out); err != nil {
		return err
	}
	for _, m := range mishaps {
		if m.hangs && r.machine.Waits {
			continue
		}
		took, err := r.suffer(ctx, m)
		if err == nil {
			err = r.fetchMail(letters)
		}
		if err != nil {
			return fmt.Errorf("%s: %w", m.name, err)
		}
		fmt.Fprintf(out, "watchdog: %s: reset after %v; the next boot has its mail\n", m.name, took.Round(time.Second))
	}
	if r.machine.Forgets {
		fmt.Fprintln(out, "watchdog: this emulated one does not tell of resets, so neither did the boots: PASS")
		return nil
	}
	if err := r.quiet(ctx, boardQuiet); err != nil {
		return fmt.Errorf("a box that was reset too often: %w", err)
	}
	fmt.Fprintln(out, "watchdog: the box has seen enough resets, arms it no more and only reads")
	fmt.Fprintln(out, "watchdog: PASS")
	return nil
}

// disarm stops the box, sees that nothing happens for longer than the timeout, and starts it again.
func (r *rig) disarm(ctx context.Context, out io.Writer) error {
	if err := r.say(ctx, "stop", "board: the box ended with 0"); err != nil {
		return err
	}
	if err := r.quiet(ctx, boardQuiet); err != nil {
		return fmt.Errorf("a box that was stopped: %w", err)
	}
	fmt.Fprintln(out, "watchdog: a clean stop disarms it")
	return r.say(ctx, "start", boxReady)
}

// suffer strikes, waits for the hardware to fire and for the next boot, and returns how long the hardware took.
func (r *rig) suffer(ctx context.Context, m mishap) (time.Duration, error) {
	s, err := dialSMTP(r.smtp())
	if err != nil {
		return 0, err
	}
	defer s.close()
	began := time.Now()
	if err := m.strike(ctx, r); err != nil {
		return 0, err
	}
	sent := make(chan error, 1)
	go func() { sent <- s.deliver(letter{2, 1000}, "bert@home.arpa") }() // without it there is nothing to commit
	fired, cancel := context.WithTimeout(ctx, m.within)
	defer cancel()
	_, err = r.board.Event(fired, "WATCHDOG")
	took := time.Since(began)
	m.mend(r)
	s.close() // nobody else tells the sender that the board is another now
	answer := <-sent
	if err != nil {
		return 0, err
	}
	if answer == nil {
		return 0, fmt.Errorf("a letter was answered 250 that cannot have been committed")
	}
	told := m.told
	if r.machine.Forgets {
		told = nil
	}
	for _, text := range append(told, boxReady) {
		if _, err := r.board.Await(ctx, text); err != nil {
			return 0, err
		}
	}
	return took, nil
}

// quiet fails when the hardware fires within so long a time.
func (r *rig) quiet(ctx context.Context, long time.Duration) error {
	ctx, cancel := context.WithTimeout(ctx, long)
	defer cancel()
	line, err := r.board.Event(ctx, "WATCHDOG")
	if err == nil {
		return fmt.Errorf("the watchdog has fired: %s; the console ends:\n%s", line, r.board.Tail())
	}
	select {
	case <-r.board.Gone():
		return fmt.Errorf("the board has lost its power; the console ends:\n%s", r.board.Tail())
	default:
		return nil
	}
}
