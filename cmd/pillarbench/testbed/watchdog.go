package testbed

import (
	"context"
	"fmt"
	"io"
	"time"

	"pillarbox/cmd/pillarbench/client"
)

// The emulated watchdog counts real seconds, however slow the emulator runs: on a busy machine a
// healthy server must still feed it in time.
const (
	watchdogTimeout = 15 * time.Second
	quietPeriod     = watchdogTimeout * 3 / 2 // a watchdog that is not fed fires within it
	watchdogConfig  = "\n[watchdog]\ndevice  = \"/dev/watchdog0\"\ntimeout = \"15s\"\n"
)

// A fault is injected into a board and ends in a reset by the watchdog.
type fault struct {
	name   string
	inject func(ctx context.Context, r *Bed) error
	clear  func(r *Bed) // after the hardware has fired
	within time.Duration
	logged []string // what the next boot logs, in this order
	hangs  bool     // the disk hangs
}

// The hardware fires within the timeout, and thirty seconds later for faults that slow cards
// resemble. Two minutes more allow for slow machines: while it is fed the hardware never fires.
const (
	shortGrace = watchdogTimeout + 2*time.Minute
	longGrace  = 30*time.Second + shortGrace
)

// faults all end in a reset. After the last one the server must have had too many.
var faults = [...]fault{
	{"the file system is frozen, so that no commit ends", freeze, func(*Bed) {}, longGrace, []string{resetLine}, false},
	{"the disk has hung, and writes never end", stall, func(r *Bed) { r.Disk.Resume() }, longGrace, []string{resetLine}, true},
	{"the server is killed", killServer, func(*Bed) {}, shortGrace, []string{resetLine, "the spool is read-only and the watchdog is not armed"}, false},
}

// resetLine is what the server logs after a reset by the watchdog.
const resetLine = "the watchdog reports why the machine was booted"

func stall(_ context.Context, r *Bed) error { r.Disk.Stall(); return nil }

func killServer(ctx context.Context, r *Bed) error {
	return r.command(ctx, "kill", "board: the box was killed")
}

func freeze(ctx context.Context, r *Bed) error { return r.command(ctx, "freeze", "board: frozen") }

// runWatchdog checks that a healthy server is not reset, then injects faults until the server no
// longer arms the watchdog. The emulated hardware reports when it fires.
func runWatchdog(ctx context.Context, r *Bed, out io.Writer, _ time.Duration) error {
	if err := r.Boot(ctx); err != nil {
		return err
	}
	messages := []client.Message{{Number: 1, Octets: 1000}}
	if err := r.sendAndFetch(messages, messages); err != nil {
		return err
	}
	if err := r.expectNoReset(ctx, quietPeriod); err != nil {
		return fmt.Errorf("healthy server: %w", err)
	}
	fmt.Fprintf(out, "watchdog: timeout %v: a healthy server is not reset for %v\n", watchdogTimeout, quietPeriod)
	if err := r.disarm(ctx, out); err != nil {
		return err
	}
	for _, m := range faults {
		if m.hangs && r.machine.Waits {
			continue
		}
		took, err := r.expectReset(ctx, m)
		if err == nil {
			err = r.fetch(messages)
		}
		if err != nil {
			return fmt.Errorf("%s: %w", m.name, err)
		}
		fmt.Fprintf(out, "watchdog: %s: reset after %v; the next boot has its mail\n", m.name, took.Round(time.Second))
	}
	if r.machine.Forgets {
		fmt.Fprintln(out, "watchdog: this emulated hardware does not report resets, so the boots do not either: PASS")
		return nil
	}
	if err := r.expectNoReset(ctx, quietPeriod); err != nil {
		return fmt.Errorf("after too many resets: %w", err)
	}
	fmt.Fprintln(out, "watchdog: after too many resets the server is read-only and does not arm the watchdog")
	fmt.Fprintln(out, "watchdog: PASS")
	return nil
}

// disarm stops the server, checks that the watchdog does not fire within quietPeriod, and starts
// the server again.
func (r *Bed) disarm(ctx context.Context, out io.Writer) error {
	if err := r.command(ctx, "stop", "board: the box ended with 0"); err != nil {
		return err
	}
	if err := r.expectNoReset(ctx, quietPeriod); err != nil {
		return fmt.Errorf("after a clean stop: %w", err)
	}
	fmt.Fprintln(out, "watchdog: a clean stop disarms it")
	return r.command(ctx, "start", readyLine)
}

// expectReset injects a fault, waits until the hardware has fired and the board has booted again,
// and returns the time until the hardware fired.
func (r *Bed) expectReset(ctx context.Context, m fault) (time.Duration, error) {
	s, err := client.DialSMTP(r.SMTP())
	if err != nil {
		return 0, err
	}
	defer s.Close()
	began := time.Now()
	if err := m.inject(ctx, r); err != nil {
		return 0, err
	}
	sent := make(chan error, 1)
	// Without a message there is nothing to commit.
	go func() { sent <- s.Deliver(client.Message{Number: 2, Octets: 1000}, "bert@home.arpa") }()
	fired, cancel := context.WithTimeout(ctx, m.within)
	defer cancel()
	_, err = r.board.Event(fired, "WATCHDOG")
	took := time.Since(began)
	m.clear(r)
	s.Close() // the new boot of the board does not reset the connection
	answer := <-sent
	if err != nil {
		return 0, err
	}
	if answer == nil {
		return 0, fmt.Errorf("a message was acknowledged that cannot have been committed")
	}
	logged := m.logged
	if r.machine.Forgets {
		logged = nil
	}
	for _, text := range append(logged, readyLine) {
		if _, err := r.board.Await(ctx, text); err != nil {
			return 0, err
		}
	}
	return took, nil
}

// expectNoReset returns an error if the hardware fires within the duration.
func (r *Bed) expectNoReset(ctx context.Context, long time.Duration) error {
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
