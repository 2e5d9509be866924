package bench

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"pillarbox/cmd/pillarbench/client"
	"pillarbox/cmd/pillarbench/measure"
	"pillarbox/cmd/pillarbench/server"
)

// ComparisonOptions are the options of a benchmark that compares servers.
type ComparisonOptions struct {
	Rounds int           // of each row, of which the median is printed
	Period time.Duration // of a turn
	Names  string        // of the servers, separated by commas
	Binary string
	Peers  string // script that starts other servers
	Folder string // for all that the servers write
	Notes  string // file to append the figures to, "" for none
}

// A comparison is servers that run at the same time, each in its own folder, and take turns.
type comparison struct {
	options ComparisonOptions
	measure.Rounds

	entries []entry
	book    measure.Notes
}

// An entry is a server of a comparison.
type entry struct {
	name   string
	folder string
	server server.Server
}

// during starts the servers, runs the benchmark and stops them. It reports and leaves out a peer
// that is not installed.
func (c *comparison) during(subcommand string, out io.Writer, capacity string, accounts int, run func() error) (err error) {
	c.Rounds = measure.Rounds{Number: c.options.Rounds, Period: c.options.Period, Notes: &c.book, Out: out}
	if err := c.book.Open(subcommand, c.options.Notes); err != nil {
		return err
	}
	if c.options.Folder, err = filepath.Abs(c.options.Folder); err != nil {
		return err
	}
	defer func() {
		for _, e := range c.entries {
			err = errors.Join(err, e.server.Stop())
		}
		if err != nil {
			err = fmt.Errorf("%w (logs are in %s)", err, c.options.Folder)
		}
	}()
	for _, name := range strings.Split(c.options.Names, ",") {
		switch err := c.start(name, capacity, accounts); {
		case errors.Is(err, server.ErrMissing):
			fmt.Fprintf(out, "%v: skipped.\n", err)
		case err != nil:
			return err
		}
	}
	if len(c.entries) == 0 {
		return errors.New("no server is installed")
	}
	return run()
}

// eachServer calls do for each server. It reports, stops and leaves out a peer that fails; a
// failure of pillarbox is an error.
func (c *comparison) eachServer(do func(entry) error) error {
	var left []entry
	for i, e := range c.entries {
		err := do(e)
		switch {
		case err == nil:
			left = append(left, e)
		case e.name == server.Own:
			c.entries = append(left, c.entries[i:]...)
			return fmt.Errorf("%s: %w", e.name, err)
		default:
			fmt.Fprintf(c.Out, "%s is left out from here on: %v.\n", e.name, err)
			if err := e.server.Stop(); err != nil {
				fmt.Fprintf(c.Out, "%v.\n", err)
			}
		}
	}
	c.entries = left
	return nil
}

// start starts a server.
func (c *comparison) start(name, capacity string, accounts int) error {
	e := entry{name: name, folder: filepath.Join(c.options.Folder, name)}
	if err := os.Mkdir(e.folder, 0o755); err != nil {
		return err
	}
	log := filepath.Join(c.options.Folder, name+".log")
	if name != server.Own {
		e.server = server.NewPeer(c.options.Peers, name, e.folder, log)
	} else {
		names := make([]string, accounts)
		for i := range names {
			names[i] = client.Mailbox(i)
		}
		b, err := server.NewPillarbox(c.options.Binary, e.folder, capacity, names...)
		if err != nil {
			return err
		}
		b.LogFile = log
		if err := b.OfferTLS("16MiB"); err != nil {
			return err
		}
		e.server = b
	}
	if err := e.server.Start(); err != nil {
		return err
	}
	c.entries = append(c.entries, e)
	return nil
}

// syncFolder writes out what the file system caches, so that the next turn does not.
func (c *comparison) syncFolder() error {
	f, err := os.Open(c.options.Folder)
	if err != nil {
		return err
	}
	defer f.Close()
	return measure.SyncFS(f)
}

// wireMost is the most messages that are delivered to a mailbox by SMTP: more would take minutes.
const wireMost = 10_000

// A largeMailbox is a run of the login or the delete benchmark, in which mailboxes grow.
type largeMailbox struct {
	comparison
	counts   []int // numbers of messages in the mailbox, ascending from DeletedMessages
	load     client.Load
	messages map[string]int // in the mailbox of each server
	next     uint64         // number of the next message
}

func newLargeMailbox(c ComparisonOptions, counts []int, l client.Load) *largeMailbox {
	return &largeMailbox{comparison: comparison{options: c}, counts: counts, load: l, messages: map[string]int{}, next: 1}
}

// grown fills mailboxes up to n messages, and returns the servers for which that is possible.
func (b *largeMailbox) grown(n int) (grown []entry, err error) {
	for _, e := range b.entries {
		if e.server.Maildrop() == "" || n > wireMost && !server.Fillable(e.server) {
			fmt.Fprintf(b.Out, "%s with %d messages: left out.\n", e.name, n)
			continue
		}
		more := n - b.messages[e.name]
		if err := server.Fill(e.server, b.load, b.next, more, server.Spread{Connections: 4, Mailboxes: 1}); err != nil {
			return nil, fmt.Errorf("%s: %w", e.name, err)
		}
		b.next += uint64(more)
		b.messages[e.name] = n
		grown = append(grown, e)
	}
	return grown, b.syncFolder()
}
