package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"time"

	"pillarbox/cmd/pillarbench/disk"
)

// A cutting is one run of the power-cut test.
type cutting struct {
	*trial
	rig     *rig
	senders int
	harsh   bool // only the harshest fate, and no removals: what is lost is mail that was answered 250
	out     io.Writer

	letters  atomic.Int64 // answered 250 in this round
	removals int          // answered +OK in this round

	octets  atomic.Int64 // of all letters that were answered 250
	removed int          // of all mails
}

// cutAgain says how many of the mails that were whole before are fetched again after a cut: one in so many.
const cutAgain = 8

// loadPatience is how long a load may take until its cut: after that the box takes no more mail, and is cut so.
const loadPatience = time.Minute

// Chances of the instant of a cut, in requests that change the disk.
const (
	cutInLoad  = 400 // from the first letter
	cutInStart = 60  // from power on: while the file system and the spool recover
)

// cut is the subcommand. It leaves nothing behind, unless the box broke its word: then the image before the last cut
// was looked at stays for whoever looks into it.
func cut(args []string, out io.Writer) error {
	var f rigFlags
	set := flag.NewFlagSet("pillarbench cut", flag.ContinueOnError)
	f.add(set)
	cuts := set.Int("cuts", 10, "power cuts")
	senders := set.Int("senders", 4, "SMTP connections at a time")
	seed := set.Uint64("seed", uint64(time.Now().UnixNano()), "of the chances: which request is cut off, and what of the cache is left")
	harsh := set.Bool("harsh", false, "drop the cache at each cut, under load, and remove no mail")
	lossy := set.Bool("lossy", false, "the box or the mount is known to be broken: as -harsh, and fail when no acknowledged mail is lost")
	limit := set.Duration("limit", 30*time.Minute, "for the whole run")
	if err := parse(set, args); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(context.Background(), *limit)
	defer cancel()
	r, err := newRig(set, f, guestConfig, trialMailboxes[:]...)
	if err != nil {
		return err
	}
	c := &cutting{trial: newTrial(*seed), rig: r, senders: *senders, harsh: *harsh || *lossy, out: out}
	fmt.Fprintf(out, "cut: %d cuts, %s mounted with %s, %d senders, seed %d\n", *cuts, f.filesystem, f.mount, *senders, *seed)
	err = c.run(ctx, *cuts)
	var breach *breach
	switch {
	case *lossy && errors.As(err, &breach):
		fmt.Fprintf(out, "cut: as a box that does not flush must: %v: PASS\n", err)
		err = nil
	case *lossy && err == nil:
		err = fmt.Errorf("%d cuts lost no acknowledged mail, although they must", *cuts)
	case err != nil:
		err = fmt.Errorf("%w (seed %d; the image is %s)", err, *seed, c.leave())
	}
	return errors.Join(err, r.close())
}

// run plays the rounds, then boots once more, looks at everything and stops the box as it wants to be stopped.
func (c *cutting) run(ctx context.Context, cuts int) error {
	began := c.rig.disk.Count()
	for round := range cuts {
		if err := c.round(ctx, round); err != nil {
			return fmt.Errorf("cut %d: %w", round+1, err)
		}
	}
	if err := c.boot(ctx); err != nil {
		return err
	}
	left, err := c.judge(1)
	if err != nil {
		return fmt.Errorf("after the last cut: %w", err)
	}
	if err := c.rig.stop(ctx); err != nil {
		return err
	}
	yes, no := c.ledger.answered()
	d := c.rig.disk.Count().Minus(began)
	fmt.Fprintf(c.out, "cut: %d cuts: %d letters answered 250, %d cut off, %d removed; %d mails left, all whole: 0 lost: PASS\n", cuts, yes, no, c.removed, left)
	c.rig.kill()
	fmt.Fprintf(c.out, "cut: the disk wrote %.1f MiB in %d writes with %d flushes, for %.1f MiB of mail answered 250; the emulator used %v of CPU\n",
		mebi(d.Octets), d.Writes, d.Flushes, mebi(c.octets.Load()), c.rig.cpu.Round(time.Second))
	return nil
}

func mebi(octets int64) float64 { return float64(octets) / (1 << 20) }

// round boots, judges what the last cut has left, and loads the box until the power goes.
func (c *cutting) round(ctx context.Context, round int) error {
	where := "load"
	if round%4 == 3 && !c.harsh {
		where = "start"
		c.rig.disk.CutAt(1 + c.chance.Int64N(cutInStart))
	}
	before := c.rig.disk.Count()
	c.letters.Store(0)
	c.removals = 0
	cpu := c.rig.cpu
	err := c.live(ctx, where == "load")
	dead := c.dead()
	c.rig.kill()
	if err != nil && !dead {
		return err
	}
	fate := disk.Fates[round%len(disk.Fates)]
	if c.harsh {
		fate = disk.Drop
	}
	d := c.rig.disk.Count().Minus(before)
	writes, sectors := c.rig.disk.Power(fate, c.chance)
	fmt.Fprintf(c.out, "  cut %3d: in the %-5s after %3d writes, %3d flushes: %3d letters, %2d removals answered; %2d writes cached: %s, %d sectors left (%.1f s CPU)\n",
		round+1, where, d.Writes, d.Flushes, c.letters.Load(), c.removals, writes, fate, sectors, (c.rig.cpu - cpu).Seconds())
	return nil
}

// live is a round until the power goes. Its error says nothing when the disk is dead.
func (c *cutting) live(ctx context.Context, arm bool) error {
	if err := c.boot(ctx); err != nil {
		return err
	}
	if _, err := c.judge(cutAgain); err != nil {
		return err
	}
	if arm {
		c.rig.disk.CutAt(1 + c.chance.Int64N(cutInLoad))
	}
	return c.load(ctx)
}

// boot gives the board power and returns when the box is ready, or the disk is dead.
func (c *cutting) boot(ctx context.Context) error {
	ctx, cancel := c.rig.dying(ctx)
	defer cancel()
	err := c.rig.boot(ctx)
	if err == nil {
		c.smtp, c.pop3 = c.rig.smtp(), c.rig.pop3()
	}
	return err
}

func (c *cutting) dead() bool {
	select {
	case <-c.rig.disk.Dead():
		return true
	default:
		return false
	}
}

// load lets the senders send and one client remove mail until the power goes, and takes it from the board then.
func (c *cutting) load(ctx context.Context) error {
	var all sync.WaitGroup
	failures := make(chan error, c.senders+1)
	ctx, cancel := context.WithTimeout(ctx, loadPatience)
	defer cancel()
	for range c.senders {
		all.Go(func() { failures <- c.send(ctx, c.answered) })
	}
	chance := rand.New(rand.NewPCG(c.chance.Uint64(), 0))
	all.Go(func() {
		if c.harsh {
			return
		}
		if err := c.clear(chance); err != nil {
			failures <- err
		}
	})
	var failure error
	select {
	case <-c.rig.disk.Dead():
	case <-ctx.Done():
	case failure = <-failures: // true only if the disk is alive
		if c.dead() {
			failure = nil
		}
	}
	c.rig.kill()
	all.Wait()
	if failure != nil {
		return fmt.Errorf("under load, before the cut: %w", failure)
	}
	return nil
}

func (c *cutting) answered(l letter) {
	c.letters.Add(1)
	c.octets.Add(int64(l.octets))
}

// Of clear: how many mails of a mailbox outlive it, and how many go in one session.
const (
	cutKept    = 30
	cutSession = 16
)

// clear removes mail that was seen before from both mailboxes, a few at a time, so that cuts fall into removals.
func (c *cutting) clear(chance *rand.Rand) error {
	for _, mailbox := range trialMailboxes {
		for {
			gone, err := c.clearSome(mailbox, chance)
			if err != nil {
				return err
			}
			if gone == 0 {
				break
			}
			c.removals += gone
			c.removed += gone
		}
	}
	return nil
}

// clearSome removes up to cutSession mails in one session, and returns how many.
func (c *cutting) clearSome(mailbox string, chance *rand.Rand) (int, error) {
	r, err := dialPOP3(c.pop3, mailbox, password)
	if err != nil {
		return 0, err
	}
	defer r.close()
	uids, err := r.uids()
	if err != nil {
		return 0, err
	}
	var known, numbers []int
	for i, uid := range uids {
		if c.ledger.knows(mailbox, uid) {
			known = append(known, i+1)
		}
	}
	for _, at := range chance.Perm(len(known)) {
		if len(numbers) < min(cutSession, len(known)-cutKept) {
			numbers = append(numbers, known[at])
			c.ledger.doubt(mailbox, uids[known[at]-1])
		}
	}
	if err := r.remove(numbers); err != nil {
		return 0, fmt.Errorf("%s: removing %d mails: %w", mailbox, len(numbers), err)
	}
	for _, n := range numbers {
		c.ledger.remove(mailbox, uids[n-1])
	}
	return len(numbers), nil
}

// leave writes the disk to a file as the last boot has left it.
func (c *cutting) leave() string {
	c.rig.kill()
	c.rig.disk.Power(disk.Keep, c.chance)
	name := filepath.Join(os.TempDir(), fmt.Sprintf("pillarbench-cut-%d.image", os.Getpid()))
	if err := os.WriteFile(name, c.rig.disk.Medium(), 0o600); err != nil {
		return err.Error()
	}
	return name
}
