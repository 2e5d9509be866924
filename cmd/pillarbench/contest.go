package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
)

// A contest is servers that run at the same time, each in a folder of its own, to be measured side by side.
type contest struct {
	race
	names  string
	binary string
	peers  string
	folder string
	noted  string

	entrants []entrant
	book     notes
}

// An entrant is one of them.
type entrant struct {
	name   string
	folder string
	server server
}

// secured is a server's address for POP3 with TLS from the first octet, "" when it has none.
func (e entrant) secured() string {
	if s, ok := e.server.(interface{ secured() string }); ok {
		return s.secured()
	}
	return ""
}

func (c *contest) flags(set *flag.FlagSet) {
	c.race.flags(set)
	set.StringVar(&c.names, "servers", ourselves, "`names` of the servers, by commas: "+ourselves+", and those that -peers knows")
	set.StringVar(&c.binary, "box", "", "the pillarbox `binary`")
	set.StringVar(&c.peers, "peers", "scripts/peers.sh", "the `script` that starts other servers")
	set.StringVar(&c.folder, "folder", "", "an empty `folder` for all that the servers write")
	set.StringVar(&c.noted, "note", "", "a `file` to append the figures to, for the plot")
}

// during starts the servers, runs the benchmark and stops them. A peer that is not installed is named and left out.
func (c *contest) during(set *flag.FlagSet, out io.Writer, capacity string, accounts int, run func() error) (err error) {
	if c.folder == "" || c.binary == "" {
		fmt.Fprintf(set.Output(), "%s: -box and -folder are needed\n", set.Name())
		return errUsage
	}
	c.out, c.notes = out, &c.book
	if err := c.book.open(strings.TrimPrefix(set.Name(), "pillarbench "), c.noted); err != nil {
		return err
	}
	if c.folder, err = filepath.Abs(c.folder); err != nil {
		return err
	}
	defer func() {
		for _, e := range c.entrants {
			err = errors.Join(err, e.server.stop())
		}
		if err != nil {
			err = fmt.Errorf("%w (logs are in %s)", err, c.folder)
		}
	}()
	for _, name := range strings.Split(c.names, ",") {
		switch err := c.enter(name, capacity, accounts); {
		case errors.Is(err, errMissing):
			fmt.Fprintf(out, "%v: skipped.\n", err)
		case err != nil:
			return err
		}
	}
	if len(c.entrants) == 0 {
		return errors.New("no server is left to measure")
	}
	return run()
}

// survivors does something with each server. A peer that fails at it is named, stopped and left out from then on; that of
// ourselves is an error.
func (c *contest) survivors(do func(entrant) error) error {
	var left []entrant
	for i, e := range c.entrants {
		err := do(e)
		switch {
		case err == nil:
			left = append(left, e)
		case e.name == ourselves:
			c.entrants = append(left, c.entrants[i:]...)
			return fmt.Errorf("%s: %w", e.name, err)
		default:
			fmt.Fprintf(c.out, "%s is left out from here on: %v.\n", e.name, err)
			if err := e.server.stop(); err != nil {
				fmt.Fprintf(c.out, "%v.\n", err)
			}
		}
	}
	c.entrants = left
	return nil
}

// enter starts one server.
func (c *contest) enter(name, capacity string, accounts int) error {
	e := entrant{name: name, folder: filepath.Join(c.folder, name)}
	if err := os.Mkdir(e.folder, 0o755); err != nil {
		return err
	}
	log := filepath.Join(c.folder, name+".log")
	if name != ourselves {
		e.server = &peer{script: c.peers, name: name, folder: e.folder, log: log}
	} else {
		names := make([]string, accounts)
		for i := range names {
			names[i] = mailbox(i)
		}
		b, err := newBox(c.binary, e.folder, capacity, names...)
		if err != nil {
			return err
		}
		b.logFile = log
		if err := b.offerTLS("16MiB"); err != nil {
			return err
		}
		e.server = b
	}
	if err := e.server.start(); err != nil {
		return err
	}
	c.entrants = append(c.entrants, e)
	return nil
}

// settled writes out what the file system holds back, so that it is not in the next run.
func (c *contest) settled() error {
	f, err := os.Open(c.folder)
	if err != nil {
		return err
	}
	defer f.Close()
	return syncfs(f)
}
