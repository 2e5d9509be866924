package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"time"
)

// ingestRounds of ingestRound octets of mail pass through a box before it is measured, so that each slot has been filled once.
const (
	ingestRounds = 8
	ingestRound  = 12 << 20
)

// An ingestion is one run of the ingest benchmark.
type ingestion struct {
	contest
	loads   []load
	senders []int
	next    uint64 // letter
}

var ingestColumns = []column[lap]{cpuMicro, cpuGiga, perFloor, perFirst, perSecond, megaBytes}

// ingest is the subcommand. It prints a row for each size, number of senders and server.
func ingest(args []string, out io.Writer) (err error) {
	g := &ingestion{next: 1}
	flags := flag.NewFlagSet("pillarbench ingest", flag.ContinueOnError)
	g.contest.flags(flags)
	sizes := flags.String("sizes", "4k,64k,1024k", "octets a mail; rows of the table")
	senders := flags.String("senders", "1,16", "connections at a time, 1 to 16; rows of the table")
	if err := parse(flags, args); err != nil {
		return err
	}
	for _, text := range strings.Split(*sizes, ",") {
		l, err := parseLoad(text)
		if err != nil {
			return err
		}
		g.loads = append(g.loads, l)
	}
	if g.senders, err = parseNumbers("-senders", *senders, wearConnections); err != nil {
		return err
	}
	return g.during(flags, out, "64MiB", wearConnections, g.measure)
}

func (g *ingestion) measure() error {
	if err := g.warmUp(); err != nil {
		return fmt.Errorf("warm-up: %w", err)
	}
	bare, err := startFloor("-spool", filepath.Join(g.folder, "floor"))
	if err != nil {
		return err
	}
	defer bare.stop()
	heading(g.out, []string{"mail", "senders", "server"}, ingestColumns)
	for _, l := range g.loads {
		for _, n := range g.senders {
			if err := g.row(l, n, bare); err != nil {
				return err
			}
		}
	}
	return nil
}

// warmUp lets every mailbox come to be, and the box fill its slots.
func (g *ingestion) warmUp() error {
	l, err := parseLoad("64k")
	if err != nil {
		return err
	}
	return g.survivors(func(e entrant) error {
		rounds, mails := ingestRounds, ingestRound/l.mean
		if e.name != ourselves {
			rounds, mails = 1, wearConnections
		}
		for range rounds {
			if _, err := deliver(e.server, l, g.next, mails, spread{wearConnections, wearConnections}); err != nil {
				return err
			}
			if err := e.emptyAll(); err != nil {
				return err
			}
		}
		return nil
	})
}

// emptyAll removes all mail of the mailboxes.
func (e entrant) emptyAll() error {
	for i := range wearConnections {
		if err := empty(e.server, mailbox(i)); err != nil {
			return err
		}
	}
	return nil
}

// row lets each server take mail, which is removed again, neither measured.
func (g *ingestion) row(l load, senders int, bare *floor) error {
	letters := make([][]byte, 2*senders) // the same again and again: no server compares
	for i := range letters {
		g.next++
		letters[i] = letter{g.next, l.octets(g.next)}.wire()
	}
	racers := []racer{{name: "floor", pid: bare.process(), run: func(period time.Duration) (int, int64, error) {
		return flood(bare.connect, nil, letters, senders, period)
	}}}
	for _, e := range g.entrants {
		run := func(period time.Duration) (int, int64, error) {
			return flood(e.server.connect, e.server.settle, letters, senders, period)
		}
		racers = append(racers, racer{e.name, e.server.process(), run, e.emptyAll})
	}
	return g.compare([]string{l.name, strconv.Itoa(senders)}, racers, true, ingestColumns)
}

// floodMost is the most octets that one sender delivers in a run, so that they fit the smallest spool.
const floodMost = 1 << 20

// flood hands over letters from so many connections for about so long, each to a mailbox of its own.
func flood(connect func() (*sender, error), settle func() error, letters [][]byte, senders int, period time.Duration) (mails int, octets int64, err error) {
	counts, sums, failures := make([]int, senders), make([]int64, senders), make([]error, senders)
	began := time.Now()
	var group sync.WaitGroup
	for i := range senders {
		group.Go(func() {
			s, err := connect()
			if err != nil {
				failures[i] = err
				return
			}
			defer s.close()
			for failures[i] == nil && time.Since(began) < period && (sums[i] == 0 || sums[i] < floodMost*int64(wearConnections/senders)) {
				wire := letters[(2*i+counts[i])%len(letters)]
				failures[i] = s.hand(wire, settle == nil, mailbox(i)+"@home.arpa")
				counts[i]++
				sums[i] += int64(len(wire))
			}
		})
	}
	group.Wait()
	for i := range senders {
		mails += counts[i]
		octets += sums[i]
	}
	if settle != nil {
		failures = append(failures, settle())
	}
	return mails, octets, errors.Join(failures...)
}
