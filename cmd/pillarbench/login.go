package main

import (
	"bytes"
	"flag"
	"fmt"
	"io"
	"slices"
	"strconv"
	"time"
)

// wireMost is the most mails that are put into a mailbox over the wire: more would take minutes.
const wireMost = 10_000

// A crowdedBox is one run of the login or the delete benchmark: mailboxes that grow.
type crowdedBox struct {
	contest
	counts []int
	load   load
	mails  map[string]int // in the mailbox of each server
	next   uint64         // letter
}

func (b *crowdedBox) flags(set *flag.FlagSet) (counts, octets *string) {
	b.contest.flags(set)
	b.mails, b.next = map[string]int{}, 1
	counts = set.String("mails", "1000,10000,100000", "mails in the mailbox, ascending; rows of the table. Where they have to go over the wire, at most 10000")
	return counts, set.String("octets", "1k", "octets a mail")
}

func (b *crowdedBox) parse(counts, octets string) (err error) {
	if b.counts, err = parseNumbers("-mails", counts, 1<<24); err != nil {
		return err
	}
	if !slices.IsSorted(b.counts) || b.counts[0] < startDelete {
		return fmt.Errorf("-mails: %s is not ascending from %d", counts, startDelete)
	}
	b.load, err = parseLoad(octets)
	return err
}

// grown returns the servers whose mailbox could be filled to n mails.
func (b *crowdedBox) grown(n int) (grown []entrant, err error) {
	for _, e := range b.entrants {
		if e.server.maildrop() == "" || n > wireMost && !e.fillable() {
			fmt.Fprintf(b.out, "%s with %d mails: left out.\n", e.name, n)
			continue
		}
		more := n - b.mails[e.name]
		if err := e.fill(b.load, b.next, more, spread{4, 1}); err != nil {
			return nil, fmt.Errorf("%s: %w", e.name, err)
		}
		b.next += uint64(more)
		b.mails[e.name] = n
		grown = append(grown, e)
	}
	return grown, b.settled()
}

// loginColumns is the table.
var loginColumns = []column[lap]{
	{"CPU ms", "%.2f", func(l lap) float64 { return l.own.each() * 1000 }},
	{"ms", "%.1f", func(l lap) float64 { return milliseconds(l.own.took) / float64(l.own.times) }},
	perFirst,
}

// login is the subcommand. It prints rows for the first login after a start, password and all, and for those that follow.
func login(args []string, out io.Writer) error {
	b := new(crowdedBox)
	set := flag.NewFlagSet("pillarbench login", flag.ContinueOnError)
	counts, octets := b.flags(set)
	if err := parse(set, args); err != nil {
		return err
	}
	if err := b.parse(*counts, *octets); err != nil {
		return err
	}
	return b.during(set, out, "1GiB", 1, func() error {
		heading(out, []string{"mails", "login", "server"}, loginColumns)
		for _, n := range b.counts {
			if err := b.logins(n); err != nil {
				return fmt.Errorf("%d mails: %w", n, err)
			}
		}
		return nil
	})
}

// logins measures one size of the mailbox.
func (b *crowdedBox) logins(n int) error {
	grown, err := b.grown(n)
	if err != nil {
		return err
	}
	var first, next []racer
	for i := range grown {
		e := grown[i]
		visit := func(least int) func(time.Duration) (int, int64, error) {
			return func(period time.Duration) (times int, octets int64, err error) {
				for began := time.Now(); times < least || least > 1 && time.Since(began) < period; times++ {
					if err := survey(e.server.maildrop(), n); err != nil {
						return times, 0, err
					}
				}
				return times, 0, nil
			}
		}
		first = append(first, racer{name: e.name, pid: e.server.process(), run: visit(1)})
		next = append(next, racer{name: e.name, pid: e.server.process(), run: visit(3)})
	}
	if err := b.anew(first, grown); err != nil {
		return err
	}
	for i := range next {
		next[i].pid = grown[i].server.process()
	}
	return b.compare([]string{strconv.Itoa(n), "next"}, next, false, loginColumns)
}

// anew measures first logins: each server is started again before.
func (b *crowdedBox) anew(racers []racer, grown []entrant) error {
	for i := range racers {
		if err := grown[i].server.stop(); err != nil {
			return err
		}
		if err := grown[i].server.start(); err != nil {
			return err
		}
		racers[i].pid = grown[i].server.process()
	}
	once := b.race
	once.rounds = 1
	return once.compare([]string{strconv.Itoa(b.mails[grown[0].name]), "first"}, racers, false, loginColumns)
}

// survey is what a mail program does that finds nothing new: login, STAT, LIST, UIDL, QUIT.
func survey(address string, mails int) error {
	r, err := dialPOP3(address, mailbox(0), password)
	if err != nil {
		return err
	}
	defer r.close()
	if err := r.command("STAT"); err != nil {
		return err
	}
	for _, command := range []string{"LIST", "UIDL"} {
		if err := r.command(command); err != nil {
			return err
		}
		if lines, err := r.count(); err != nil || lines != mails {
			return fmt.Errorf("%s has %d lines, want %d: %w", command, lines, mails, err)
		}
	}
	return r.command("QUIT")
}

// count reads to the end of a block and returns its lines.
func (r *reader) count() (lines int, err error) {
	for {
		line, err := r.in.ReadSlice('\n')
		if err != nil || bytes.Equal(line, []byte(".\r\n")) {
			return lines, err
		}
		lines++
	}
}
