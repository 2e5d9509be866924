package main

import (
	"flag"
	"fmt"
	"io"
	"math"
	"os"
	"strings"
	"time"
)

// A racer does over and over what a row is about.
type racer struct {
	name string
	pid  int // whose CPU time counts, with that of its descendants
	// run works for about so long and returns how often it was done, and the octets of mail that were moved.
	run   func(time.Duration) (times int, octets int64, err error)
	after func() error // what is not measured; nil: nothing
}

// A window is what a racer did in one run.
type window struct {
	times     int
	octets    int64
	cpu, took time.Duration
}

// A lap is one run of a racer beside those of the floor and of the first server in the same round.
type lap struct{ own, floor, first window }

// each returns the CPU time of one time, in seconds.
func (w window) each() float64 { return w.cpu.Seconds() / float64(w.times) }

// A race is how racers are compared: round after round, in which each has its turn, so that what else the machine
// does meets all of them. A ratio is taken in each round.
type race struct {
	rounds int
	period time.Duration
	notes  *notes
	out    io.Writer
}

func (r *race) flags(set *flag.FlagSet) {
	set.IntVar(&r.rounds, "runs", 5, "runs of a row, of which the median is printed")
	set.DurationVar(&r.period, "period", 200*time.Millisecond, "how long a run is")
}

// compare prints a row for each racer: the median of its laps. The first racer is the floor when floored is true.
func (r *race) compare(about []string, racers []racer, floored bool, columns []column[lap]) error {
	laps := make([][]lap, len(racers))
	for range r.rounds {
		var floor, first window
		for i, racer := range racers {
			own, err := r.lap(racer)
			if err != nil {
				return fmt.Errorf("%s, %s: %w", racer.name, strings.Join(about, ", "), err)
			}
			switch {
			case i == 0 && floored:
				floor = own
			case first.times == 0:
				first = own
			}
			laps[i] = append(laps[i], lap{own, floor, first})
		}
	}
	for i, racer := range racers {
		row(r.out, append(append([]string(nil), about...), racer.name), columns, laps[i])
		for _, c := range columns {
			figures := make([]float64, r.rounds)
			for k, l := range laps[i] {
				figures[k] = c.figure(l)
			}
			r.notes.add(strings.Join(about, " "), racer.name, c.head, median(figures))
		}
	}
	return nil
}

// lap lets one racer run once.
func (r *race) lap(racer racer) (w window, err error) {
	before, err := familyTime(racer.pid)
	if err != nil {
		return w, err
	}
	began := time.Now()
	if w.times, w.octets, err = racer.run(r.period); err != nil {
		return w, err
	}
	w.took = time.Since(began)
	after, err := familyTime(racer.pid)
	w.cpu = after - before
	if err == nil && racer.after != nil {
		err = racer.after()
	}
	return w, err
}

// of is a ratio of CPU times, NaN without anything to compare with.
func (w window) of(other window) float64 {
	if other.times == 0 {
		return math.NaN()
	}
	return w.each() / other.each()
}

// Columns that races share.
var (
	perFloor  = column[lap]{"x floor", "%.2f", func(l lap) float64 { return l.own.of(l.floor) }}
	perFirst  = column[lap]{"x first", "%.2f", func(l lap) float64 { return l.own.of(l.first) }}
	cpuMicro  = column[lap]{"CPU us / mail", "%.1f", func(l lap) float64 { return l.own.each() * 1e6 }}
	cpuGiga   = column[lap]{"CPU s / GB", "%.2f", func(l lap) float64 { return l.own.cpu.Seconds() * 1e9 / float64(l.own.octets) }}
	perSecond = column[lap]{"mails / s", "%.0f", func(l lap) float64 { return float64(l.own.times) / l.own.took.Seconds() }}
	megaBytes = column[lap]{"MB / s", "%.0f", func(l lap) float64 { return float64(l.own.octets) / 1e6 / l.own.took.Seconds() }}
)

// notes are the figures of all tables, one a line, for the plot: what it is about, who, which column, how much.
type notes struct {
	file *os.File // nil: nobody wants them
	what string   // the subcommand
}

func (n *notes) open(what, path string) (err error) {
	n.what = what
	if path != "" {
		n.file, err = os.OpenFile(path, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o666)
	}
	return err
}

func (n *notes) add(about, name, head string, figure float64) {
	if n.file != nil && !math.IsNaN(figure) {
		fmt.Fprintf(n.file, "%s %s\t%s\t%s\t%g\n", n.what, about, name, head, figure)
	}
}
