package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"os"
	"sync/atomic"
	"time"
)

// A killing is one run of the kill test.
type killing struct {
	// set at birth
	*trial
	box     *box
	senders int
	out     io.Writer

	answered atomic.Int64 // 250s in this round
	full     int          // rounds in which the box was full; of the goroutine that judges
}

// fullPatience is how long a round may take: after that the box answers no letter any more.
const fullPatience = 5 * time.Second

// kill is the subcommand. It leaves nothing behind, unless the box broke its word: then the
// folder with its state stays for whoever looks into it.
func kill(args []string, out io.Writer) error {
	flags := flag.NewFlagSet("pillarbench kill", flag.ContinueOnError)
	binary := flags.String("box", "", "the pillarbox `binary`")
	rounds := flags.Int("rounds", 20, "kills under load")
	senders := flags.Int("senders", 4, "SMTP connections at a time")
	capacity := flags.String("capacity", "32MiB", "of the spool: the smallest, so that it has to make room")
	seed := flags.Uint64("seed", uint64(time.Now().UnixNano()), "of the chances, to repeat a run")
	limit := flags.Duration("limit", 2*time.Minute, "for the whole run")
	if err := parse(flags, args); err != nil {
		return err
	}
	if *binary == "" {
		fmt.Fprintln(flags.Output(), "pillarbench kill: -box is needed")
		return errUsage
	}
	folder, err := os.MkdirTemp("", "pillarbench-kill-")
	if err != nil {
		return err
	}
	b, err := newBox(*binary, folder, *capacity, trialMailboxes[:]...)
	if err != nil {
		return err
	}
	k := &killing{trial: newTrial(*seed), box: b, senders: *senders, out: out}
	k.smtp, k.pop3 = b.smtp, b.pop3
	fmt.Fprintf(out, "kill: %d rounds, %d senders, seed %d\n", *rounds, *senders, *seed)
	ctx, cancel := context.WithTimeout(context.Background(), *limit)
	defer cancel()
	if err := k.run(ctx, *rounds); err != nil {
		return fmt.Errorf("%w (seed %d; state and log stay in %s)", err, *seed, folder)
	}
	return os.RemoveAll(folder)
}

// run plays the rounds, then stops the box with SIGTERM, starts it once more and fetches
// everything again.
func (k *killing) run(ctx context.Context, rounds int) error {
	defer func() {
		if k.box.command != nil {
			k.box.kill()
		}
	}()
	if err := k.box.start(); err != nil {
		return err
	}
	for round := range rounds {
		if ctx.Err() != nil {
			return fmt.Errorf("out of time after %d rounds", round)
		}
		if err := k.round(ctx, round); err != nil {
			return fmt.Errorf("round %d: %w", round+1, err)
		}
	}
	if k.full > rounds/4 {
		return fmt.Errorf("the box was full in %d of %d rounds, with %d mails left in each mailbox after a round", k.full, rounds, keptMails)
	}
	if err := k.box.stop(); err != nil {
		return err
	}
	if err := k.box.start(); err != nil {
		return err
	}
	total, err := k.judge(1)
	if err != nil {
		return fmt.Errorf("after a clean stop: %w", err)
	}
	yes, no := k.ledger.answered()
	fmt.Fprintf(k.out, "kill: %d letters answered 250, %d cut off; %d mails left, all whole; full in %d rounds: PASS\n", yes, no, total, k.full)
	return k.box.stop()
}

// round loads the box, kills it, starts it and judges.
func (k *killing) round(ctx context.Context, round int) error {
	longer := time.Duration(k.chance.Int64N(int64(3 * time.Millisecond)))
	if err := k.load(ctx, 20+k.chance.Int64N(180), longer); err != nil {
		return err
	}
	if round%3 == 2 { // while it recovers, too
		if err := k.box.spawn(); err != nil {
			return err
		}
		time.Sleep(time.Duration(k.chance.Int64N(int64(30 * time.Millisecond))))
		k.box.kill()
	}
	began := time.Now()
	if err := k.box.start(); err != nil {
		return fmt.Errorf("K5: %w", err)
	}
	took := time.Since(began)
	if _, err := k.judge(0); err != nil {
		return err
	}
	fmt.Fprintf(k.out, "  round %2d: killed after %3d answers, up again in %v\n", round+1, k.answered.Load(), took.Round(time.Millisecond))
	return k.tidy()
}

// load lets the senders run until so many letters were answered, or until the box is full and
// answers none any more; waits a moment longer, and kills the box under them. It is an error when a sender
// stops before that.
func (k *killing) load(ctx context.Context, answers int64, longer time.Duration) error {
	k.answered.Store(0)
	enough := make(chan struct{})
	stopped := make(chan error, k.senders)
	for range k.senders {
		go func() {
			stopped <- k.send(ctx, func(letter) {
				if k.answered.Add(1) == answers {
					close(enough)
				}
			})
		}()
	}
	full := time.After(fullPatience)
	running := k.senders
	var failure error
	for killed := false; running > 0; {
		select {
		case err := <-stopped:
			running--
			if !killed && failure == nil {
				failure = fmt.Errorf("a sender stopped before the box was killed: %w", err)
			}
			continue
		case <-enough:
			time.Sleep(longer)
		case <-full:
			k.full++
		case <-ctx.Done():
		}
		k.box.kill()
		enough, full, ctx, killed = nil, nil, context.Background(), true
	}
	return failure
}
