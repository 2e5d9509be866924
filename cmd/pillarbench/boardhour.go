package main

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
)

// hourConfig is the box's configuration for an hour: with TLS.
var hourConfig = strings.Replace(guestConfig, "listen_tls = []", `listen_tls = [":995"]`, 1) // POP3's

const (
	// hourKept is how many mails of a mailbox outlive a download.
	hourKept = 40
	// hourFilled letters come and go before the first minute, so many in a row: more octets than the spool has. What the box knows of its
	// spool grows until each slot was used, and not after.
	hourFilled, hourRow = 720, 2 * hourKept
	// hourRounds of each kind of work are done before it, too: the Go runtime keeps 25 KiB for each size of object that the box has ever
	// used, and the first handshakes and downloads use many.
	hourRounds = 10
	// hourFetched of them are downloaded at a time, the newest.
	hourFetched = 6
	// One letter in hourLarge is as large as hourOctets; the others are as home mail is.
	hourLarge, hourOctets = 40, 1 << 20
	// hourReading is the time between two looks into the guest's memory.
	hourReading = 5 * time.Second
	// hourRests readings are taken when nobody is there, and the least is what the box has at rest: it gives memory back some seconds
	// after the last session.
	hourRests = 6
	// hourMargin is how many KiB more the box may have in the end: some pages that an allocator has begun.
	hourMargin = 128
	// hourVisits are so many: a client tries again that the box has hung up on before it was logged in, for a handshake
	// may take ten seconds, and on a busy machine the emulated board is slower than any real one.
	hourVisits = 10
)

// An hour is a box under mixed load for so long.
type hour struct {
	rig    *rig
	out    io.Writer
	minute int            // of the load, the latest
	number atomic.Uint64  // of the last letter
	done   []atomic.Int64 // by kind of work
	again  atomic.Int64   // visits
}

// hourWork is the mixed load. Each kind is done over and over by one client, with a pause between two; a session that idles is there for
// all of the pause.
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

// boardHour fills spool and mailboxes, lets the load work for a minute and for the rest of the time, and holds what the box has in the end
// against what it had after the first minute, under load and at rest.
func boardHour(ctx context.Context, r *rig, out io.Writer, long time.Duration) error {
	minutes := int(long / time.Minute)
	if minutes < 2 {
		return fmt.Errorf("-duration: %v has no first and last minute", long)
	}
	if err := r.boot(ctx); err != nil {
		return err
	}
	h := &hour{rig: r, out: out, done: make([]atomic.Int64, len(hourWork))}
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
	if err := r.stop(ctx); err != nil {
		return err
	}
	fmt.Fprintf(out, "hour: %d minutes: the box had %d KiB its own at rest after the first minute and has %d, under load %d and %d: PASS\n",
		minutes, first.rest.own, last.rest.own, first.busy.own, last.busy.own)
	return nil
}

// fill lets letters come and go until the spool has had them in each slot, and leaves hourKept in each mailbox. Then it does each kind of
// work some times.
func (h *hour) fill(ctx context.Context) error {
	for h.number.Load() < hourFilled {
		for range hourRow / len(trialMailboxes) {
			if err := h.deliver(ctx, 0); err != nil {
				return err
			}
		}
		for _, mailbox := range trialMailboxes {
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

// A stage is some minutes of load, and the rest behind them.
type stage struct {
	busy usage // in the last minute
	rest usage
}

// stage works for some minutes, then lets the box rest.
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
		s.rest, err = h.relax(ctx)
	}
	if err != nil {
		err = fmt.Errorf("%w; the console ends:\n%s", err, h.rig.board.Tail())
	}
	return s, err
}

// relax reads the memory of a box that nobody talks to.
func (h *hour) relax(ctx context.Context) (usage, error) {
	readings, err := h.readings(ctx, hourRests)
	if err != nil {
		return usage{}, err
	}
	u := least(readings)
	fmt.Fprintf(h.out, "hour: at rest after minute %d: %d KiB its own\n", h.minute, u.own)
	return u, nil
}

// repeat does one kind of work until the time is over.
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
	fmt.Fprintf(h.out, "hour: minute %d: box %d: %d KiB its own, %d at most; %d KiB free at least", h.minute, u.box, u.own, u.most, u.free)
	for i, w := range hourWork {
		fmt.Fprintf(h.out, ", %d %s", h.done[i].Load(), w.name)
	}
	fmt.Fprintf(h.out, "; %d logins tried again\n", h.again.Load())
	return u, nil
}

// readings looks into the guest so many times, with a pause before each. Its error is that of the load.
func (h *hour) readings(ctx context.Context, count int) ([]usage, error) {
	var all []usage
	for range count {
		if !pass(ctx, hourReading) {
			return nil, context.Cause(ctx)
		}
		u, err := h.rig.usage(ctx)
		if err != nil {
			return nil, err
		}
		all = append(all, u)
	}
	return all, nil
}

// summary is the usage in a minute: the median of what the box had, and the worst of all else.
func summary(readings []usage) usage {
	slices.SortFunc(readings, func(a, b usage) int { return a.own - b.own })
	s := readings[len(readings)/2]
	s.most = readings[len(readings)-1].own
	for _, u := range readings {
		s.free, s.killed = min(s.free, u.free), max(s.killed, u.killed)
	}
	return s
}

// least is the reading with the least that the box had.
func least(readings []usage) usage {
	return slices.MinFunc(readings, func(a, b usage) int { return a.own - b.own })
}

// judgeHour says what is not as it was in the first minute. Under load the median has to be no more than the most of the first minute,
// for what a reading meets is chance; at rest it is not.
func judgeHour(first, last stage) error {
	var errs []error
	if last.rest.killed > 0 {
		errs = append(errs, fmt.Errorf("the guest has killed %d processes for want of memory", last.rest.killed))
	}
	if last.rest.box != first.rest.box {
		errs = append(errs, fmt.Errorf("the box was process %d and is %d", first.rest.box, last.rest.box))
	}
	if grown := last.rest.own - first.rest.own; grown > hourMargin {
		errs = append(errs, fmt.Errorf("at rest the box has %d KiB its own, %d more than after the first minute", last.rest.own, grown))
	}
	if grown := last.busy.own - first.busy.most; grown > hourMargin {
		errs = append(errs, fmt.Errorf("under load the box has %d KiB its own, %d more than the most in the first minute", last.busy.own, grown))
	}
	return errors.Join(errs...)
}

// pass waits, and reports false when there is no time left.
func pass(ctx context.Context, pause time.Duration) bool {
	timer := time.NewTimer(pause)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}

func (h *hour) clients(user string, secure bool) visitors {
	address := h.rig.pop3()
	if secure {
		address = h.rig.pop3s()
	}
	return visitors{address: address, secure: secure, login: func(int) (string, string) { return user, password }}
}

// visit logs in.
func (h *hour) visit(by visitors) (r *reader, err error) {
	for range hourVisits {
		if r, err = by.visit(0); !errors.Is(err, io.EOF) {
			return r, err
		}
		h.again.Add(1)
	}
	return nil, err
}

// deliver hands over two letters in one connection, one for each mailbox.
func (h *hour) deliver(ctx context.Context, pause time.Duration) error {
	s, err := dialSMTP(h.rig.smtp())
	if err != nil {
		return err
	}
	defer s.close()
	for _, mailbox := range trialMailboxes {
		l := letter{number: h.number.Add(1)}
		l.octets = mixed(l.number)
		if l.number%hourLarge < uint64(len(trialMailboxes)) {
			l.octets = hourOctets
		}
		if err := s.deliver(l, mailbox+"@home.arpa"); err != nil {
			return fmt.Errorf("letter %d: %w", l.number, err)
		}
	}
	pass(ctx, pause)
	return nil
}

// poll is what a mail program asks every few minutes.
func (h *hour) poll(ctx context.Context, pause time.Duration) error {
	r, err := h.visit(h.clients("anna", false))
	if err != nil {
		return err
	}
	defer r.close()
	if err := r.command("STAT"); err != nil {
		return err
	}
	if _, err := r.uids(); err != nil {
		return err
	}
	pass(ctx, pause)
	return r.command("QUIT")
}

// download fetches the newest mails, each of which must be whole, and removes the oldest.
func (h *hour) download(ctx context.Context, by visitors, pause time.Duration) error {
	r, err := h.visit(by)
	if err != nil {
		return err
	}
	defer r.close()
	uids, err := r.uids()
	if err != nil {
		return err
	}
	if len(uids) < hourKept {
		return fmt.Errorf("%d mails are left of %d", len(uids), hourKept)
	}
	for n := len(uids); n > len(uids)-hourFetched; n-- {
		mail, err := r.retrieve(n)
		if err == nil {
			_, err = verify(mail)
		}
		if err != nil {
			return fmt.Errorf("message %d: %w", n, err)
		}
	}
	var oldest []int
	for n := 1; n <= len(uids)-hourKept; n++ {
		oldest = append(oldest, n)
	}
	if err := r.remove(oldest); err != nil {
		return err
	}
	pass(ctx, pause)
	return nil
}

// idle is four mail programs that are logged in and say nothing.
func (h *hour) idle(ctx context.Context, by visitors, pause time.Duration) error {
	c := company{visitors: by}
	defer c.leave()
	for range 4 {
		r, err := h.visit(by)
		if err != nil {
			return err
		}
		c.open = append(c.open, r)
	}
	pass(ctx, pause)
	return nil
}
