package main

import (
	"flag"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"
	"time"
)

const (
	startBatch  = 1000 // mails that are delivered on the same connections
	startDelete = 100  // mails that are removed in one session
)

// A starting is one run of the start benchmark.
type starting struct {
	bench
	server server
	device *device
	load   load
	runs   int
	forget bool
	out    io.Writer
	mails  int    // in the mailbox
	next   uint64 // letter
}

// A startCost is what one start took, and the first session after it.
type startCost struct {
	ready     time.Duration // until all ports greet
	readyRead int64         // octets of the device
	memory    int64         // octets that only the server has, before anybody logs in
	login     time.Duration // from the connection to the reply to STAT
	loginRead int64
	deletion  deviceCount // by the removal of startDelete mails until its +OK
	later     deviceCount // by what of it the file system had held back: syncfs
}

// startColumns is the table.
var startColumns = []column[startCost]{
	{"start, ms", "%.0f", func(c startCost) float64 { return milliseconds(c.ready) }},
	{"KiB read", "%.0f", func(c startCost) float64 { return float64(c.readyRead) / 1024 }},
	{"private MiB", "%.1f", func(c startCost) float64 { return float64(c.memory) / (1 << 20) }},
	{"first login, ms", "%.0f", func(c startCost) float64 { return milliseconds(c.login) }},
	{"KiB read", "%.0f", func(c startCost) float64 { return float64(c.loginRead) / 1024 }},
	{"delete 100: KiB written", "%.0f", func(c startCost) float64 { return float64(c.deletion.octets) / 1024 }},
	{"flushes", "%.0f", func(c startCost) float64 { return float64(c.deletion.flushes) }},
	{"KiB written later", "%.0f", func(c startCost) float64 { return float64(c.later.octets) / 1024 }},
}

func milliseconds(d time.Duration) float64 { return d.Seconds() * 1000 }

// start is the subcommand. It prints one row for each number of mails.
func start(args []string, out io.Writer) error {
	s := &starting{out: out, next: 1}
	flags := flag.NewFlagSet("pillarbench start", flag.ContinueOnError)
	s.flags(flags)
	mails := flags.String("mails", "1000,10000,100000", "mails in the mailbox, ascending; rows of the table")
	octets := flags.String("octets", "2k", "octets a mail, or mix")
	flags.IntVar(&s.runs, "runs", 3, "starts of a row, of which the median is printed")
	flags.BoolVar(&s.forget, "forget", false, "before each start remove what the server can make again from the mail")
	if err := parse(flags, args); err != nil {
		return err
	}
	counts, err := parseCounts("-mails", *mails, startDelete)
	if err != nil {
		return err
	}
	if s.load, err = parseLoad(*octets); err != nil {
		return err
	}
	if s.server, err = s.open(flags, "2GiB", 1); err != nil {
		return err
	}
	if s.device, err = deviceOf(s.folder); err != nil {
		return err
	}
	return s.running(s.server, func() error { return s.run(counts) })
}

// parseCounts reads the ascending numbers of a flag, from least on.
func parseCounts(name, text string, least int) ([]int, error) {
	var counts []int
	for _, digits := range strings.Split(text, ",") {
		n, err := strconv.Atoi(digits)
		if err != nil || n < least || len(counts) > 0 && n <= counts[len(counts)-1] {
			return nil, fmt.Errorf("%s: %q is not ascending numbers from %d", name, text, least)
		}
		counts = append(counts, n)
	}
	return counts, nil
}

func (s *starting) run(counts []int) error {
	heading(s.out, []string{"file system", "server", "mails"}, startColumns)
	name := s.name
	if s.forget {
		name += ", index removed"
	}
	for _, n := range counts {
		costs := make([]startCost, s.runs)
		for i := range costs {
			err := s.fill(n)
			if err == nil {
				costs[i], err = s.measure()
			}
			if err != nil {
				return fmt.Errorf("%d mails: %w", n, err)
			}
		}
		row(s.out, []string{s.label, name, strconv.Itoa(n)}, startColumns, costs)
	}
	return nil
}

// fill delivers until there are n mails in the one mailbox.
func (s *starting) fill(n int) error {
	for s.mails < n {
		batch := min(startBatch, n-s.mails)
		if _, err := deliver(s.server, s.load, s.next, batch, spread{4, 1}); err != nil {
			return err
		}
		s.next += uint64(batch)
		s.mails += batch
	}
	return nil
}

// measure starts the server anew, with nothing of its files in memory.
func (s *starting) measure() (c startCost, err error) {
	if err := s.server.stop(); err != nil {
		return c, err
	}
	if s.forget {
		if err := s.server.forget(); err != nil {
			return c, err
		}
	}
	if _, err := s.device.settled(); err != nil {
		return c, err
	}
	if err := dropCaches(); err != nil {
		return c, err
	}
	before, err := s.device.count()
	if err != nil {
		return c, err
	}
	if err := s.server.start(); err != nil {
		return c, err
	}
	c.ready = time.Since(s.server.began())
	after, err := s.device.count()
	if err != nil {
		return c, err
	}
	c.readyRead = after.minus(before).read
	if c.memory, err = familyAnonymous(s.server.process()); err != nil {
		return c, err
	}
	if s.server.maildrop() == "" {
		return c, nil
	}
	return c, s.session(&c)
}

// session logs in, and removes mails that lie evenly in the mailbox.
func (s *starting) session(c *startCost) error {
	before, err := s.device.count()
	if err != nil {
		return err
	}
	began := time.Now()
	r, err := dialPOP3(s.server.maildrop(), mailbox(0), password)
	if err != nil {
		return err
	}
	defer r.close()
	if err := r.command("STAT"); err != nil {
		return err
	}
	c.login = time.Since(began)
	after, err := s.device.settled()
	if err != nil {
		return err
	}
	c.loginRead = after.minus(before).read
	numbers := make([]int, startDelete)
	for i := range numbers {
		numbers[i] = 1 + i*(s.mails/startDelete)
	}
	if err := r.remove(numbers); err != nil {
		return err
	}
	s.mails -= startDelete
	answered, err := s.device.count()
	if err != nil {
		return err
	}
	written, err := s.device.settled()
	c.deletion, c.later = answered.minus(after), written.minus(answered)
	return err
}

// dropCaches makes the kernel forget what it has read of every file and need not write (proc(5), drop_caches).
func dropCaches() error {
	return os.WriteFile("/proc/sys/vm/drop_caches", []byte("3\n"), 0)
}
