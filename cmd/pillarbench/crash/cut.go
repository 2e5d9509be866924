package crash

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"time"

	"pillarbox/cmd/pillarbench/client"
	"pillarbox/cmd/pillarbench/disk"
	"pillarbox/cmd/pillarbench/measure"
	"pillarbox/cmd/pillarbench/server"
	"pillarbox/cmd/pillarbench/testbed"
)

// A cutTest is one run of the power-cut test.
type cutTest struct {
	*crashRun
	bed     *testbed.Bed
	senders int
	outside *outside // nil: no provider
	harsh   bool     // each cut drops the cache under load, and nothing is removed
	out     io.Writer

	messages atomic.Int64 // acknowledged in this round
	removals int          // acknowledged in this round

	octets  atomic.Int64 // of all acknowledged messages
	removed int          // in all rounds

	filesystem string
	notes      measure.Notes
}

// cutAgain is one in how many known messages is retrieved again after a cut.
const cutAgain = 8

// loadPatience is how long the load of a round may last. A server that is full by then is cut
// anyway.
const loadPatience = time.Minute

// Bounds of the random instant of a cut, in requests that change the disk.
const (
	cutInLoad  = 400 // from the first message
	cutInQuiet = 120 // the same, when nothing but remote accounts changes the disk
	cutInFetch = 40  // the same, when nothing is sent either
	cutInStart = 60  // from power on, while the file system and the spool recover
)

// CutOptions are the options of a power-cut test.
type CutOptions struct {
	Bed     testbed.Options
	Cuts    int
	Senders int // SMTP connections at a time
	Seed    uint64
	Harsh   bool          // drop the cache at each cut, under load, and remove nothing
	Remote  bool          // fetch from a provider and send through it
	Lossy   bool          // as Harsh, and fail unless an acknowledged message is lost
	Limit   time.Duration // for the whole run
	Notes   string        // file to append the figures to, "" for none
}

// Cut runs the power-cut test. It leaves nothing behind unless a rule was violated: then it writes
// the image of the disk to a file.
func Cut(o CutOptions, out io.Writer) error {
	ctx, cancel := context.WithTimeout(context.Background(), o.Limit)
	defer cancel()
	c := &cutTest{crashRun: newCrashRun(o.Seed), senders: o.Senders, harsh: o.Harsh || o.Lossy, out: out, filesystem: o.Bed.Filesystem}
	if o.Remote {
		var err error
		if c.outside, err = newOutside(c.crashRun); err != nil {
			return err
		}
		defer c.outside.provider.Close()
		o.Bed.Remotes = c.outside.remotes()
	}
	r, err := testbed.New(o.Bed, testbed.Config, client.Mailboxes[:]...)
	if err != nil {
		return err
	}
	c.bed = r
	name := "cut"
	if o.Remote {
		name = "cut remote"
	}
	if err := c.notes.Open(name, o.Notes); err != nil {
		return errors.Join(err, r.Close())
	}
	fmt.Fprintf(out, "cut: %d cuts, %s mounted with %s, %d senders, seed %d\n", o.Cuts, o.Bed.Filesystem, o.Bed.Mount, o.Senders, o.Seed)
	err = c.run(ctx, o.Cuts)
	var breach *violation
	switch {
	case o.Lossy && errors.As(err, &breach):
		fmt.Fprintf(out, "cut: lost mail, as expected without flushes: %v: PASS\n", err)
		err = nil
	case o.Lossy && err == nil:
		err = fmt.Errorf("%d cuts lost no acknowledged mail, although the mount or the server does not flush", o.Cuts)
	case err != nil:
		err = fmt.Errorf("%w (seed %d; the image is %s)", err, o.Seed, c.saveImage())
	}
	return errors.Join(err, r.Close())
}

// run runs the rounds, then boots once more, verifies everything and stops the server cleanly.
func (c *cutTest) run(ctx context.Context, cuts int) error {
	began := c.bed.Disk.Count()
	for round := range cuts {
		if err := c.round(ctx, round); err != nil {
			return fmt.Errorf("cut %d: %w", round+1, err)
		}
	}
	if err := c.boot(ctx); err != nil {
		return err
	}
	if c.outside != nil {
		if err := c.settle(ctx); err != nil {
			return fmt.Errorf("after the last cut: %w", err)
		}
	}
	left, err := c.verify(1)
	if err != nil {
		return fmt.Errorf("after the last cut: %w", err)
	}
	if err := c.bed.Stop(ctx); err != nil {
		return err
	}
	yes, no := c.ledger.answered()
	d := c.bed.Disk.Count().Minus(began)
	fmt.Fprintf(c.out, "cut: %d cuts: %d messages answered 250, %d cut off, %d removed; %d messages left, all whole: 0 lost: PASS\n", cuts, yes, no, c.removed, left)
	c.bed.Kill()
	fmt.Fprintf(c.out, "cut: the disk wrote %.1f MiB in %d writes with %d flushes, for %.1f MiB of mail answered 250; the emulator used %v of CPU\n",
		mebi(d.Octets), d.Writes, d.Flushes, mebi(c.octets.Load()), c.bed.CPU.Round(time.Second))
	for _, f := range []struct {
		head   string
		figure float64
	}{
		{"cuts", float64(cuts)}, {"acknowledged", float64(yes)}, {"removed", float64(c.removed)}, {"lost", 0},
		{"MiB written", mebi(d.Octets)}, {"MiB of mail", mebi(c.octets.Load())}, {"flushes", float64(d.Flushes)},
	} {
		c.notes.Add(c.filesystem, server.Own, f.head, f.figure)
	}
	if c.outside != nil {
		return c.outside.report(c.out, func(head string, figure int) { c.notes.Add(c.filesystem, server.Own, head, float64(figure)) })
	}
	return nil
}

// settle verifies, collects until nothing is new, and has all that was offered be missed from now
// on.
func (c *cutTest) settle(ctx context.Context) error {
	if _, err := c.verify(cutAgain); err != nil {
		return err
	}
	if err := c.outside.settle(ctx, c.bed); err != nil {
		return err
	}
	c.ledger.await()
	return c.outside.check()
}

func mebi(octets int64) float64 { return float64(octets) / (1 << 20) }

// round boots, verifies what the last cut has left, and loads the server until the power is cut.
func (c *cutTest) round(ctx context.Context, round int) error {
	where := "load"
	if c.outside != nil {
		where = [...]string{"load", "quiet", "fetch", "load"}[round%4]
	}
	if round%4 == 3 && !c.harsh {
		where = "start"
		c.bed.Disk.CutAt(1 + c.chance.Int64N(cutInStart))
	}
	before := c.bed.Disk.Count()
	c.messages.Store(0)
	c.removals = 0
	cpu := c.bed.CPU
	err := c.untilCut(ctx, where)
	dead := c.dead()
	c.bed.Kill()
	if c.outside != nil {
		c.outside.provider.Drain()
	}
	if err != nil && !dead {
		return err
	}
	fate := disk.Fates[round%len(disk.Fates)]
	if c.harsh {
		fate = disk.Drop
	}
	d := c.bed.Disk.Count().Minus(before)
	writes, sectors := c.bed.Disk.Power(fate, c.chance)
	fmt.Fprintf(c.out, "  cut %3d: in the %-5s after %3d writes, %3d flushes: %3d messages, %2d removals answered; %2d writes cached: %s, %d sectors left (%.1f s CPU)%s\n",
		round+1, where, d.Writes, d.Flushes, c.messages.Load(), c.removals, writes, fate, sectors, (c.bed.CPU - cpu).Seconds(), c.outside.line())
	if c.outside != nil {
		return c.outside.outbox.check()
	}
	return nil
}

// untilCut is a round until the power is cut. Its error is meaningless if the disk is dead.
func (c *cutTest) untilCut(ctx context.Context, where string) error {
	if err := c.boot(ctx); err != nil {
		return err
	}
	if _, err := c.verify(cutAgain); err != nil {
		return err
	}
	switch where {
	case "load":
		c.bed.Disk.CutAt(1 + c.chance.Int64N(cutInLoad))
	case "quiet":
		c.bed.Disk.CutAt(1 + c.chance.Int64N(cutInQuiet))
	case "fetch":
		c.bed.Disk.CutAt(1 + c.chance.Int64N(cutInFetch))
	}
	return c.load(ctx, where)
}

// boot turns the board on and returns when the server is ready or the disk is dead.
func (c *cutTest) boot(ctx context.Context) error {
	ctx, cancel := c.bed.WhilePowered(ctx)
	defer cancel()
	if c.outside != nil {
		c.outside.outbox.start()
	}
	err := c.bed.Boot(ctx)
	if err == nil {
		c.smtp, c.pop3 = c.bed.SMTP(), c.bed.POP3()
	}
	return err
}

func (c *cutTest) dead() bool {
	select {
	case <-c.bed.Disk.Dead():
		return true
	default:
		return false
	}
}

// load delivers messages and removes some until the disk's power is cut, and then turns the board
// off. In a quiet round messages come from the provider only, and in one of fetching none is sent.
func (c *cutTest) load(ctx context.Context, where string) error {
	var all sync.WaitGroup
	senders := c.senders
	if where == "quiet" || where == "fetch" {
		senders = 0
	}
	failures := make(chan error, senders+3)
	ctx, cancel := context.WithTimeout(ctx, loadPatience)
	defer cancel()
	if c.outside != nil {
		fetch, smtps := c.bed.Fetcher(), c.bed.SMTPS()
		all.Go(func() { failures <- c.outside.fetchAlways(ctx, fetch) })
		if where != "fetch" {
			all.Go(func() { failures <- c.outside.submit(ctx, smtps) })
		}
	}
	for range senders {
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
	case <-c.bed.Disk.Dead():
	case <-ctx.Done():
	case failure = <-failures: // meaningful only if the disk is alive
		if c.dead() || ctx.Err() != nil {
			failure = nil
		}
	}
	c.bed.Kill()
	cancel()
	all.Wait()
	if failure != nil {
		return fmt.Errorf("under load, before the cut: %w", failure)
	}
	return nil
}

func (c *cutTest) answered(l client.Message) {
	c.messages.Add(1)
	c.octets.Add(int64(l.Octets))
}

// How many messages of a mailbox clear keeps, and how many it removes in one session.
const (
	cutKept    = 30
	cutSession = 16
)

// clear removes known messages from both mailboxes, a few at a time, so that cuts interrupt
// removals.
func (c *cutTest) clear(chance *rand.Rand) error {
	for _, mailbox := range client.Mailboxes {
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

// clearSome removes at most cutSession messages in one session, and returns how many.
func (c *cutTest) clearSome(mailbox string, chance *rand.Rand) (int, error) {
	r, err := client.DialPOP3(c.pop3, mailbox, client.Password)
	if err != nil {
		return 0, err
	}
	defer r.Close()
	uids, err := r.UIDs()
	if err != nil {
		return 0, err
	}
	var known, numbers []int
	for i, uid := range uids {
		if c.ledger.has(mailbox, uid) {
			known = append(known, i+1)
		}
	}
	for _, at := range chance.Perm(len(known)) {
		if len(numbers) < min(cutSession, len(known)-cutKept) {
			numbers = append(numbers, known[at])
			c.ledger.removing(mailbox, uids[known[at]-1])
		}
	}
	if err := r.Delete(numbers); err != nil {
		return 0, fmt.Errorf("%s: removing %d messages: %w", mailbox, len(numbers), err)
	}
	for _, n := range numbers {
		c.ledger.remove(mailbox, uids[n-1])
	}
	return len(numbers), nil
}

// saveImage writes the disk, as the last boot has left it, to a file and returns the file's name.
func (c *cutTest) saveImage() string {
	c.bed.Kill()
	c.bed.Disk.Power(disk.Keep, c.chance)
	name := filepath.Join(os.TempDir(), fmt.Sprintf("pillarbench-cut-%d.image", os.Getpid()))
	if err := os.WriteFile(name, c.bed.Disk.Medium(), 0o600); err != nil {
		return err.Error()
	}
	return name
}
