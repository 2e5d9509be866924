package testbed

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"pillarbox/cmd/pillarbench/client"
)

// hourConfig is Config with POP3 over implicit TLS: the first listen_tls is that of POP3.
var hourConfig = strings.Replace(Config, "listen_tls = []", `listen_tls = [":995"]`, 1)

const (
	// hourFilled messages are delivered and removed before the first minute, hourRow of them in a
	// row. They are larger than the spool, because the server's tables grow until each slot was
	// used.
	hourFilled, hourRow = 720, 2 * hourKept
	// hourRounds is how often each kind of work is done before the first minute: the Go runtime
	// keeps 25 KiB for each size of object that was ever used, and first handshakes and downloads
	// use many.
	hourRounds = 10
	// hourReading is the time between two readings of the guest's memory.
	hourReading = 5 * time.Second
	// hourRests is the number of readings without sessions. The least of them is the memory at
	// rest, because the server releases memory some seconds after the last session.
	hourRests = 6
	// hourMargin is how many KiB the server may grow: some pages that an allocator has begun.
	hourMargin = 128
)

// hourWork is the mixed load. One client repeats each kind of work, with a pause after each time.
// An idle session lasts as long as the pause.
var hourWork = [...]struct {
	name  string
	pause time.Duration
	do    func(h *hour, ctx context.Context, pause time.Duration) error
}{
	{"deliveries", 2 * time.Second, (*hour).deliver},
	{"polls", 3 * time.Second, (*hour).poll},
	{"downloads", 5 * time.Second, func(h *hour, ctx context.Context, pause time.Duration) error {
		return h.download(ctx, h.clients("anna", false), pause)
	}},
	{"downloads with TLS", 5 * time.Second, func(h *hour, ctx context.Context, pause time.Duration) error {
		return h.download(ctx, h.clients("bert", true), pause)
	}},
	{"idle quartets", 5 * time.Minute, func(h *hour, ctx context.Context, pause time.Duration) error {
		return h.idle(ctx, h.clients("anna", false), pause)
	}},
	{"idle quartets with TLS", 5 * time.Minute, func(h *hour, ctx context.Context, pause time.Duration) error {
		return h.idle(ctx, h.clients("bert", true), pause)
	}},
}

// runHour fills spool and mailboxes, applies the load for a minute and then for the rest of the
// time, and compares the memory at the end with that of the first minute, under load and at rest.
func runHour(ctx context.Context, r *Bed, out io.Writer, long time.Duration) error {
	minutes := int(long / time.Minute)
	if minutes < 2 {
		return fmt.Errorf("-duration: %v has no first and last minute", long)
	}
	if err := r.Boot(ctx); err != nil {
		return err
	}
	h := &hour{bed: r, out: out, done: make([]atomic.Int64, len(hourWork))}
	if err := h.fill(ctx); err != nil {
		return err
	}
	first, err := h.stage(ctx, 1)
	if err != nil {
		return err
	}
	last, err := h.stage(ctx, minutes-1)
	if err != nil {
		return err
	}
	if err := judgeHour(first, last); err != nil {
		return err
	}
	if err := r.Stop(ctx); err != nil {
		return err
	}
	fmt.Fprintf(out, "hour: %d minutes: private memory %d KiB at rest after the first minute and %d at the end, under load %d and %d: PASS\n",
		minutes, first.rest.own, last.rest.own, first.busy.own, last.busy.own)
	return nil
}

// fill delivers and removes messages until each slot of the spool was used, and leaves hourKept
// in each mailbox. Then it does each kind of work hourRounds times.
func (h *hour) fill(ctx context.Context) error {
	for h.number.Load() < hourFilled {
		for range hourRow / len(client.Mailboxes) {
			if err := h.deliver(ctx, 0); err != nil {
				return err
			}
		}
		for _, mailbox := range client.Mailboxes {
			if err := h.download(ctx, h.clients(mailbox, false), 0); err != nil {
				return err
			}
		}
	}
	for range hourRounds {
		for _, w := range hourWork {
			if err := w.do(h, ctx, 0); err != nil {
				return fmt.Errorf("%s: %w", w.name, err)
			}
		}
	}
	return nil
}

// A stage is the memory of some minutes of load, and at rest after them.
type stage struct {
	busy usage // in the last minute
	rest usage
}

// stage applies the load for some minutes, then waits until the server is at rest.
func (h *hour) stage(ctx context.Context, minutes int) (s stage, err error) {
	working, stop := context.WithCancelCause(ctx)
	var all sync.WaitGroup
	for i, w := range hourWork {
		all.Go(func() {
			if err := h.repeat(working, i); err != nil {
				stop(fmt.Errorf("%s: %w", w.name, err))
			}
		})
	}
	for range minutes {
		h.minute++
		if s.busy, err = h.watch(working); err != nil {
			break
		}
	}
	stop(nil)
	all.Wait()
	if err == nil {
		s.rest, err = h.atRest(ctx)
	}
	if err != nil {
		err = fmt.Errorf("%w; the console ends:\n%s", err, h.bed.board.Tail())
	}
	return s, err
}

// atRest reads the memory of the server without sessions.
func (h *hour) atRest(ctx context.Context) (usage, error) {
	readings, err := h.readings(ctx, hourRests)
	if err != nil {
		return usage{}, err
	}
	u := least(readings)
	fmt.Fprintf(h.out, "hour: at rest after minute %d: private memory %d KiB\n", h.minute, u.own)
	return u, nil
}

// repeat does one kind of work until ctx ends.
func (h *hour) repeat(ctx context.Context, work int) error {
	for w := hourWork[work]; ctx.Err() == nil; h.done[work].Add(1) {
		if err := w.do(h, ctx, w.pause); err != nil {
			return err
		}
	}
	return nil
}

// watch reads the memory for a minute.
func (h *hour) watch(ctx context.Context) (usage, error) {
	readings, err := h.readings(ctx, int(time.Minute/hourReading))
	if err != nil {
		return usage{}, err
	}
	u := summary(readings)
	fmt.Fprintf(h.out, "hour: minute %d: process %d: private memory %d KiB, at most %d; at least %d KiB free", h.minute, u.pid, u.own, u.most, u.free)
	for i, w := range hourWork {
		fmt.Fprintf(h.out, ", %d %s", h.done[i].Load(), w.name)
	}
	fmt.Fprintf(h.out, "; %d logins tried again\n", h.again.Load())
	return u, nil
}

// readings reads the guest's memory count times, with a pause before each. Its error is that of
// the load.
func (h *hour) readings(ctx context.Context, count int) ([]usage, error) {
	var all []usage
	for range count {
		if !wait(ctx, hourReading) {
			return nil, context.Cause(ctx)
		}
		u, err := h.bed.memoryUsage(ctx)
		if err != nil {
			return nil, err
		}
		all = append(all, u)
	}
	return all, nil
}

// summary returns the usage of a minute: the median of the private memory, and the worst of all
// else.
func summary(readings []usage) usage {
	slices.SortFunc(readings, func(a, b usage) int { return a.own - b.own })
	s := readings[len(readings)/2]
	s.most = readings[len(readings)-1].own
	for _, u := range readings {
		s.free, s.killed = min(s.free, u.free), max(s.killed, u.killed)
	}
	return s
}

// least returns the reading with the least private memory.
func least(readings []usage) usage {
	return slices.MinFunc(readings, func(a, b usage) int { return a.own - b.own })
}

// judgeHour compares the last stage with the first. Under load, where a reading is random, the
// median must not exceed the maximum of the first minute; at rest the figures themselves are
// compared.
func judgeHour(first, last stage) error {
	var errs []error
	if last.rest.killed > 0 {
		errs = append(errs, fmt.Errorf("the guest has killed %d processes because it was out of memory", last.rest.killed))
	}
	if last.rest.pid != first.rest.pid {
		errs = append(errs, fmt.Errorf("the server was process %d and is %d", first.rest.pid, last.rest.pid))
	}
	if grown := last.rest.own - first.rest.own; grown > hourMargin {
		errs = append(errs, fmt.Errorf("at rest the server has %d KiB of private memory, %d more than after the first minute", last.rest.own, grown))
	}
	if grown := last.busy.own - first.busy.most; grown > hourMargin {
		errs = append(errs, fmt.Errorf("under load the server has %d KiB of private memory, %d more than the most in the first minute", last.busy.own, grown))
	}
	return errors.Join(errs...)
}
