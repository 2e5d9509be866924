package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"io/fs"
	"math"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// rowOctets is how much mail a row delivers at most, so that it fits a mailbox of a small spool.
const rowOctets = 16 << 20

// wearConnections is the most connections that -senders may name: each has a mailbox of its own.
const wearConnections = 16

// warmRounds is after how many rounds a box that still fills slots is taken to be broken.
const warmRounds = 60

// quietRounds is how many rounds must fill none: one can find room in the segments that are there.
const quietRounds = 6

// A wearing is one run of the wear benchmark.
type wearing struct {
	bench
	server server
	device *device
	mails  int
	runs   int
	pause  time.Duration
	guard  bool
	out    io.Writer
	next   uint64 // letter
}

// A cost is what a row's mails took.
type cost struct {
	mails  int
	octets int64 // of mail
	device deviceCount
	cpu    time.Duration
	took   time.Duration // 0: the pauses between them were longer than the work
}

// wearColumns is the table.
var wearColumns = []column[cost]{
	{"device octets / mail octet", "%.2f", func(c cost) float64 { return float64(c.device.octets) / float64(c.octets) }},
	{"KiB a mail", "%.1f", func(c cost) float64 { return c.each(c.device.octets) / 1024 }},
	{"flushes a mail", "%.2f", func(c cost) float64 { return c.each(c.device.flushes) }},
	{"KiB a write", "%.1f", func(c cost) float64 { return float64(c.device.octets) / float64(c.device.writes) / 1024 }},
	{"CPU s / 1000 mails", "%.2f", func(c cost) float64 { return c.busy(c.cpu.Seconds() * 1000 / float64(c.mails)) }},
	{"mails / s", "%.0f", func(c cost) float64 { return c.busy(float64(c.mails) / c.took.Seconds()) }},
}

func (c cost) each(n int64) float64 { return float64(n) / float64(c.mails) }

// busy hides a figure that says nothing when the senders paused.
func (c cost) busy(figure float64) float64 {
	if c.took == 0 {
		return math.NaN()
	}
	return figure
}

// wear is the subcommand. It prints one row for each load and number of senders.
func wear(args []string, out io.Writer) error {
	w := &wearing{out: out, next: 1}
	flags := flag.NewFlagSet("pillarbench wear", flag.ContinueOnError)
	w.flags(flags)
	loads := flags.String("loads", "4k,16k,64k,mix", "octets a mail, or mix: log-normal with a mean of 19.2 KiB; rows of the table")
	senders := flags.String("senders", "1,16", "connections at a time, 1 to 16; rows of the table")
	flags.IntVar(&w.mails, "mails", 500, "mails a row; fewer when they are more than 16 MiB")
	flags.IntVar(&w.runs, "runs", 3, "runs of a row, of which the median is printed")
	flags.DurationVar(&w.pause, "pause", 0, "one sender, who waits so long after each mail; then nothing is written out in the end that the file system holds back")
	flags.BoolVar(&w.guard, "guard", false, "fail when the box costs more than its budgets")
	if err := parse(flags, args); err != nil {
		return err
	}
	rows, err := parseRows(*loads, *senders)
	if err != nil {
		return err
	}
	if w.server, err = w.open(flags, "64MiB", wearConnections); err != nil {
		return err
	}
	if w.device, err = deviceOf(w.folder); err != nil {
		return err
	}
	return w.running(w.server, func() error { return w.run(rows) })
}

// A wearRow is what one row of the table is about.
type wearRow struct {
	load    load
	senders int
}

func parseRows(loads, senders string) ([]wearRow, error) {
	var rows []wearRow
	for _, text := range strings.Split(loads, ",") {
		l, err := parseLoad(text)
		if err != nil {
			return nil, err
		}
		for _, text := range strings.Split(senders, ",") {
			n, err := strconv.Atoi(text)
			if err != nil || n < 1 || n > wearConnections {
				return nil, fmt.Errorf("-senders: %q is not 1 to %d", text, wearConnections)
			}
			rows = append(rows, wearRow{l, n})
		}
	}
	return rows, nil
}

func (w *wearing) run(rows []wearRow) error {
	filled, err := w.warmUp()
	if err != nil {
		return fmt.Errorf("warm-up: %w", err)
	}
	heading(w.out, []string{"file system", "server", "mail", "senders"}, wearColumns)
	var over []error
	for _, r := range rows {
		costs := make([]cost, w.runs)
		for i := range costs {
			if costs[i], err = w.measure(r); err != nil {
				return fmt.Errorf("%s, %d senders: %w", r.load.name, r.senders, err)
			}
		}
		row(w.out, []string{w.label, w.name, r.load.name, strconv.Itoa(r.senders)}, wearColumns, costs)
		if w.guard {
			if err := overspent(r, costs); err != nil {
				over = append(over, fmt.Errorf("%s, %d senders: %w", r.load.name, r.senders, err))
			}
		}
	}
	if w.name == ourselves {
		fmt.Fprintf(w.out, "%s on %s: %.0f MiB of slots filled once in the warm-up, before this was measured.\n", w.name, w.label, float64(filled)/(1<<20))
	}
	return errors.Join(over...)
}

// measure delivers the mails of a row once, and removes them.
func (w *wearing) measure(r wearRow) (cost, error) {
	mails := min(w.mails, rowOctets/r.load.mean)
	before, err := w.device.settled()
	if err != nil {
		return cost{}, err
	}
	cpuBefore, err := familyCPU(w.server.process())
	if err != nil {
		return cost{}, err
	}
	c := cost{mails: mails}
	first := w.next
	w.next += uint64(mails)
	began := time.Now()
	after := w.device.settled
	if w.pause > 0 {
		c.octets, err = trickle(w.server, r.load, first, mails, w.pause)
		after = w.device.count
	} else {
		c.octets, err = deliver(w.server, r.load, first, mails, spread{r.senders, r.senders})
		c.took = time.Since(began)
	}
	if err != nil {
		return cost{}, err
	}
	cpuAfter, err := familyCPU(w.server.process())
	if err != nil {
		return cost{}, err
	}
	c.cpu = cpuAfter - cpuBefore
	count, err := after()
	c.device = count.minus(before)
	if err != nil {
		return cost{}, err
	}
	return c, w.emptyAll()
}

// warmUp lets every mailbox come to be. A box goes on until a round fills no more slots, which happens
// once in the life of each: it returns the octets of those.
func (w *wearing) warmUp() (int64, error) {
	l, err := parseLoad("64k")
	if err != nil {
		return 0, err
	}
	began, err := allocated(w.folder)
	if err != nil {
		return 0, err
	}
	grown, quiet := began, 0
	for range warmRounds {
		if _, err := deliver(w.server, l, 1, rowOctets/l.mean, spread{wearConnections, wearConnections}); err != nil {
			return 0, err
		}
		if err := w.emptyAll(); err != nil {
			return 0, err
		}
		now, err := allocated(w.folder)
		if err != nil {
			return 0, err
		}
		if now > grown {
			quiet = 0
		}
		if quiet++; quiet == quietRounds || w.name != ourselves {
			return now - began, nil
		}
		grown = now
	}
	return 0, fmt.Errorf("%s still grows after %d rounds", w.folder, warmRounds)
}

func (w *wearing) emptyAll() error {
	for i := range wearConnections {
		if err := empty(w.server, mailbox(i)); err != nil {
			return err
		}
	}
	return nil
}

// allocated returns the octets that the files below a folder hold on the device.
func allocated(folder string) (int64, error) {
	var sum int64
	err := filepath.WalkDir(folder, func(_ string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := entry.Info()
		if err != nil {
			return err
		}
		sum += info.Sys().(*syscall.Stat_t).Blocks * 512
		return nil
	})
	return sum, err
}
