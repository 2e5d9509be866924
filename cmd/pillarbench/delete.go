package main

import (
	"bytes"
	"flag"
	"fmt"
	"io"
	"strconv"
	"time"
)

// A removal is what the removal of startDelete mails took.
type removal struct {
	cpu    time.Duration // of the session, login and all
	took   time.Duration // from the first DELE to the +OK of QUIT
	device deviceCount   // in the same time
}

// removalColumns is the table.
var removalColumns = []column[removal]{
	{"CPU ms", "%.2f", func(r removal) float64 { return milliseconds(r.cpu) }},
	{"ms", "%.1f", func(r removal) float64 { return milliseconds(r.took) }},
	{"KiB written", "%.0f", func(r removal) float64 { return float64(r.device.octets) / 1024 }},
	{"flushes", "%.0f", func(r removal) float64 { return float64(r.device.flushes) }},
}

// remove is the subcommand. It prints a row for each number of mails and server, beside a page that is written and flushed.
func remove(args []string, out io.Writer) error {
	b := new(crowdedBox)
	set := flag.NewFlagSet("pillarbench delete", flag.ContinueOnError)
	counts, octets := b.flags(set)
	if err := parse(set, args); err != nil {
		return err
	}
	if err := b.parse(*counts, *octets); err != nil {
		return err
	}
	return b.during(set, out, "1GiB", 1, func() error {
		heading(out, []string{"mails", "server"}, removalColumns)
		for _, n := range b.counts {
			if err := b.removals(n); err != nil {
				return fmt.Errorf("%d mails: %w", n, err)
			}
		}
		return nil
	})
}

// removals fills the mailboxes, and in each round lets one server after the other remove some.
func (b *crowdedBox) removals(n int) error {
	d, err := deviceOf(b.folder)
	if err != nil {
		return err
	}
	grown, err := b.grown(n)
	if err != nil {
		return err
	}
	all := make([][]removal, len(grown))
	for range min(b.rounds, n/startDelete) {
		for i, e := range grown {
			r, err := b.removal(e, d)
			if err != nil {
				return fmt.Errorf("%s: %w", e.name, err)
			}
			all[i] = append(all[i], r)
		}
	}
	for i, e := range grown {
		row(b.out, []string{strconv.Itoa(n), e.name}, removalColumns, all[i])
		for _, c := range removalColumns {
			figures := make([]float64, len(all[i]))
			for k, r := range all[i] {
				figures[k] = c.figure(r)
			}
			b.notes.add(strconv.Itoa(n), e.name, c.head, median(figures))
		}
	}
	return nil
}

// removal removes mails that lie evenly in a mailbox.
func (b *crowdedBox) removal(e entrant, d *device) (c removal, err error) {
	cpu, err := familyTime(e.server.process())
	if err != nil {
		return c, err
	}
	r, err := dialPOP3(e.server.maildrop(), mailbox(0), password)
	if err != nil {
		return c, err
	}
	defer r.close()
	step := b.mails[e.name] / startDelete
	var commands bytes.Buffer
	for i := range startDelete {
		fmt.Fprintf(&commands, "DELE %d\r\n", 1+i*step)
	}
	before, err := d.settled()
	if err != nil {
		return c, err
	}
	began := time.Now()
	if _, err := r.conn.Write(commands.Bytes()); err != nil {
		return c, err
	}
	for range startDelete {
		if _, err := r.line(); err != nil {
			return c, err
		}
	}
	if err := r.command("QUIT"); err != nil {
		return c, err
	}
	c.took = time.Since(began)
	b.mails[e.name] -= startDelete
	now, err := familyTime(e.server.process())
	if err != nil {
		return c, err
	}
	c.cpu = now - cpu
	after, err := d.count()
	c.device = after.minus(before)
	return c, err
}
