package crash

import (
	"context"
	"fmt"
	"io"
	"os"
	"sync/atomic"
	"time"

	"pillarbox/cmd/pillarbench/client"
	"pillarbox/cmd/pillarbench/server"
)

// A killTest is one run of the kill test.
type killTest struct {
	*crashRun
	server  *server.Pillarbox
	senders int
	out     io.Writer

	answered atomic.Int64 // messages acknowledged in this round
	full     int          // rounds in which the server was full
}

// fullPatience is how long the load of a round may last. After that the server is taken to be full.
const fullPatience = 5 * time.Second

// KillOptions are the options of a kill test.
type KillOptions struct {
	Binary   string
	Rounds   int // of load and kill
	Senders  int // SMTP connections at a time
	Capacity string
	Seed     uint64
	Limit    time.Duration // for the whole run
}

// Kill runs the kill test. It leaves nothing behind unless a rule was violated: then the folder
// with the state stays.
func Kill(o KillOptions, out io.Writer) error {
	folder, err := os.MkdirTemp("", "pillarbench-kill-")
	if err != nil {
		return err
	}
	b, err := server.NewPillarbox(o.Binary, folder, o.Capacity, client.Mailboxes[:]...)
	if err != nil {
		return err
	}
	k := &killTest{crashRun: newCrashRun(o.Seed), server: b, senders: o.Senders, out: out}
	k.smtp, k.pop3 = b.SMTP, b.POP3
	fmt.Fprintf(out, "kill: %d rounds, %d senders, seed %d\n", o.Rounds, o.Senders, o.Seed)
	ctx, cancel := context.WithTimeout(context.Background(), o.Limit)
	defer cancel()
	if err := k.run(ctx, o.Rounds); err != nil {
		return fmt.Errorf("%w (seed %d; state and log stay in %s)", err, o.Seed, folder)
	}
	return os.RemoveAll(folder)
}

// run runs the rounds, then stops the server with SIGTERM, starts it once more and verifies
// everything.
func (k *killTest) run(ctx context.Context, rounds int) error {
	defer func() {
		if k.server.Running() {
			k.server.Kill()
		}
	}()
	if err := k.server.Start(); err != nil {
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
		return fmt.Errorf("the server was full in %d of %d rounds, with %d messages left in each mailbox after a round", k.full, rounds, keptMessages)
	}
	if err := k.server.Stop(); err != nil {
		return err
	}
	if err := k.server.Start(); err != nil {
		return err
	}
	total, err := k.verify(1)
	if err != nil {
		return fmt.Errorf("after a clean stop: %w", err)
	}
	yes, no := k.ledger.answered()
	fmt.Fprintf(k.out, "kill: %d messages answered 250, %d cut off; %d messages left, all whole; full in %d rounds: PASS\n", yes, no, total, k.full)
	return k.server.Stop()
}

// round loads the server, kills it, starts it and verifies.
func (k *killTest) round(ctx context.Context, round int) error {
	longer := time.Duration(k.chance.Int64N(int64(3 * time.Millisecond)))
	if err := k.load(ctx, 20+k.chance.Int64N(180), longer); err != nil {
		return err
	}
	if round%3 == 2 { // kill it during recovery, too
		if err := k.server.Spawn(); err != nil {
			return err
		}
		time.Sleep(time.Duration(k.chance.Int64N(int64(30 * time.Millisecond))))
		k.server.Kill()
	}
	began := time.Now()
	if err := k.server.Start(); err != nil {
		return fmt.Errorf("K5: %w", err)
	}
	took := time.Since(began)
	if _, err := k.verify(0); err != nil {
		return err
	}
	fmt.Fprintf(k.out, "  round %2d: killed after %3d answers, up again in %v\n", round+1, k.answered.Load(), took.Round(time.Millisecond))
	return k.deleteSome()
}

// load delivers until as many messages are acknowledged, or until the server is full. Then it
// waits a moment longer and kills the server. It is an error if a sender stops before that.
func (k *killTest) load(ctx context.Context, answers int64, longer time.Duration) error {
	k.answered.Store(0)
	enough := make(chan struct{})
	stopped := make(chan error, k.senders)
	for range k.senders {
		go func() {
			stopped <- k.send(ctx, func(client.Message) {
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
				failure = fmt.Errorf("a sender stopped before the server was killed: %w", err)
			}
			continue
		case <-enough:
			time.Sleep(longer)
		case <-full:
			k.full++
		case <-ctx.Done():
		}
		k.server.Kill()
		enough, full, ctx, killed = nil, nil, context.Background(), true
	}
	return failure
}
