package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"time"
)

// retrMost is the most octets of mail in a mailbox, and retrMails the most mails.
const (
	retrMost  = 20 << 20
	retrMails = 32
)

// retrSessions is the most sessions that -sessions may name: each has a mailbox of its own.
const retrSessions = 8

// retrPipelined is the largest mail that is asked for in batches: with larger ones it makes no difference.
const retrPipelined = 64 << 10

// A retrieval is one run of the retr benchmark.
type retrieval struct {
	contest
	loads    []load
	sessions []int
	pipe     []int
	secure   []bool
	next     uint64 // letter
}

var retrColumns = []column[lap]{cpuMicro, cpuGiga, perFloor, perFirst, perSecond, megaBytes}

// retr is the subcommand. It prints a row for each size, way, number of sessions and server.
func retr(args []string, out io.Writer) (err error) {
	r := &retrieval{next: 1}
	flags := flag.NewFlagSet("pillarbench retr", flag.ContinueOnError)
	r.contest.flags(flags)
	sizes := flags.String("sizes", "1k,4k,16k,64k,1024k,10240k", "octets a mail; rows of the table")
	sessions := flags.String("sessions", "1,8", "sessions at a time, 1 to 8; rows of the table")
	pipe := flags.String("pipelined", "1,32", "commands in one write, for mails up to 64 KiB; rows of the table")
	ways := flags.String("ways", "plain,tls", "plain, tls or both; rows of the table")
	if err := parse(flags, args); err != nil {
		return err
	}
	for _, text := range strings.Split(*sizes, ",") {
		l, err := parseLoad(text)
		if err != nil {
			return err
		}
		r.loads = append(r.loads, l)
	}
	for _, way := range strings.Split(*ways, ",") {
		r.secure = append(r.secure, way == "tls")
	}
	if r.sessions, err = parseNumbers("-sessions", *sessions, retrSessions); err != nil {
		return err
	}
	if r.pipe, err = parseNumbers("-pipelined", *pipe, 1000); err != nil {
		return err
	}
	return r.during(flags, out, "1GiB", wearConnections, r.measure)
}

// parseNumbers reads numbers from 1 to most.
func parseNumbers(name, text string, most int) ([]int, error) {
	var numbers []int
	for _, digits := range strings.Split(text, ",") {
		n, err := strconv.Atoi(digits)
		if err != nil || n < 1 || n > most {
			return nil, fmt.Errorf("%s: %q is not 1 to %d", name, digits, most)
		}
		numbers = append(numbers, n)
	}
	return numbers, nil
}

func (r *retrieval) measure() error {
	heading(r.out, []string{"mail", "way", "pipelined", "sessions", "server"}, retrColumns)
	for _, l := range r.loads {
		if err := r.size(l); err != nil {
			return fmt.Errorf("mails of %s: %w", l.name, err)
		}
	}
	return nil
}

// size measures all rows of one size, with mailboxes that hold nothing else.
func (r *retrieval) size(l load) error {
	mails := max(1, min(retrMails, retrMost/l.mean))
	if err := r.survivors(func(e entrant) error { return e.fill(l, r.next, mails, spread{retrSessions, retrSessions}) }); err != nil {
		return err
	}
	r.next += uint64(mails * retrSessions)
	body := filepath.Join(r.folder, "floor-"+strconv.Itoa(l.mean))
	if err := os.WriteFile(body, letter{r.next, l.mean}.wire(), 0o600); err != nil {
		return err
	}
	bare, err := startFloor("-body", body)
	if err != nil {
		return err
	}
	defer bare.stop()
	if err := r.settled(); err != nil {
		return err
	}
	if err := r.rows(l, mails, bare); err != nil {
		return err
	}
	return r.survivors(entrant.emptyAll)
}

func (r *retrieval) rows(l load, mails int, bare *floor) error {
	for _, secure := range r.secure {
		for _, pipelined := range r.pipe {
			if pipelined > 1 && l.mean > retrPipelined {
				continue
			}
			for _, sessions := range r.sessions {
				if err := r.row(l, mails, bare, secure, pipelined, sessions); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

// row measures the floor and each server that can do it.
func (r *retrieval) row(l load, mails int, bare *floor, secure bool, pipelined, sessions int) (err error) {
	way, address := "plain", bare.at["plain"]
	if secure {
		way, address = "TLS", bare.at["tls"]
	}
	var racers []racer
	var all []fetchers
	defer func() {
		for _, c := range all {
			c.close()
		}
	}()
	enter := func(name string, pid int, address, user string, mails int) error {
		c, err := gather(address, secure, user, sessions, mails)
		if err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		all = append(all, c)
		run := func(period time.Duration) (int, int64, error) { return c.fetch(period, pipelined) }
		racers = append(racers, racer{name: name, pid: pid, run: run})
		return nil
	}
	if err := enter("floor", bare.process(), address, "", 1); err != nil {
		return err
	}
	for _, e := range r.entrants {
		address := e.server.maildrop()
		if secure {
			address = e.secured()
		}
		if address == "" {
			continue
		}
		if err := enter(e.name, e.server.process(), address, "bench", mails); err != nil {
			return err
		}
	}
	return r.compare([]string{l.name, way, strconv.Itoa(pipelined), strconv.Itoa(sessions)}, racers, true, retrColumns)
}

// Fetchers are the sessions of one server.
type fetchers []*fetcher

// gather logs in sessions, each to its own mailbox, whose names begin with user.
func gather(address string, secure bool, user string, sessions, mails int) (fetchers, error) {
	var c fetchers
	for i := range sessions {
		name := ""
		if user != "" {
			name = mailbox(i)
		}
		f, err := dialFetcher(address, secure, name, mails)
		if err != nil {
			c.close()
			return nil, err
		}
		c = append(c, f)
	}
	return c, nil
}

// fetch retrieves in all sessions for about so long.
func (c fetchers) fetch(period time.Duration, pipelined int) (mails int, octets int64, err error) {
	counts, sums, failures := make([]int, len(c)), make([]int64, len(c)), make([]error, len(c))
	began := time.Now()
	var group sync.WaitGroup
	for i, f := range c {
		group.Go(func() {
			for time.Since(began) < period && failures[i] == nil {
				var n int64
				n, failures[i] = f.fetch(pipelined)
				counts[i] += pipelined
				sums[i] += n
			}
		})
	}
	group.Wait()
	for i := range c {
		mails += counts[i]
		octets += sums[i]
	}
	return mails, octets, errors.Join(failures...)
}

func (c fetchers) close() {
	for _, f := range c {
		f.close()
	}
}
