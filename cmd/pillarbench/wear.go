package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"strconv"
	"strings"
	"sync"
	"time"
)

// wearMailbox gets all the mail; it is emptied after the warm-up.
const wearMailbox = "anna"

// warmStep is how many MiB of mail are delivered in the warm-up before they are removed.
const warmStep = 6

// A wearing is one run of the wear benchmark.
type wearing struct {
	box    *box
	folder string // on the device
	stat   string // the device's stat file
	octets int    // a letter
	out    io.Writer
	number uint64 // of the last letter sent
}

// wear is the subcommand. It prints one Markdown row for each number of senders.
func wear(args []string, out io.Writer) error {
	flags := flag.NewFlagSet("pillarbench wear", flag.ContinueOnError)
	binary := flags.String("box", "", "the pillarbox `binary`")
	folder := flags.String("folder", "", "an empty `folder` on the device to measure, where the state goes")
	mails := flags.Int("mails", 500, "mails a row")
	octets := flags.Int("octets", 4096, "octets a mail, about")
	senders := flags.String("senders", "1,16", "SMTP connections at a time, one row for each")
	warm := flags.Int("warm", 48, "MiB of mail delivered and removed first, so that every slot has been filled once")
	if err := parse(flags, args); err != nil {
		return err
	}
	if *binary == "" || *folder == "" {
		fmt.Fprintln(flags.Output(), "pillarbench wear: -box and -folder are needed")
		return errUsage
	}
	stat, err := statFile(*folder)
	if err != nil {
		return err
	}
	b, err := newBox(*binary, *folder, "32MiB", wearMailbox)
	if err != nil {
		return err
	}
	if err := b.start(); err != nil {
		return err
	}
	w := &wearing{box: b, folder: *folder, stat: stat, octets: *octets, out: out}
	return errors.Join(w.run(*mails, *warm, strings.Split(*senders, ",")), b.stop())
}

func (w *wearing) run(mails, warm int, senders []string) error {
	if err := w.memory("idle, just started"); err != nil {
		return err
	}
	for range warm / warmStep {
		if err := errors.Join(w.deliver(warmStep<<20/w.octets, 16), w.empty()); err != nil {
			return fmt.Errorf("warm-up: %w", err)
		}
	}
	fmt.Fprintln(w.out, "| mails | octets | senders | device octets / mail octets | flushes a mail | CPU s / 1000 mails | mails/s |")
	fmt.Fprintln(w.out, "| --- | --- | --- | --- | --- | --- | --- |")
	for _, s := range senders {
		n, err := strconv.Atoi(s)
		if err != nil || n < 1 {
			return fmt.Errorf("-senders: %q is no number of senders", s)
		}
		if err := w.row(mails, n); err != nil {
			return fmt.Errorf("%d senders: %w", n, err)
		}
	}
	time.Sleep(5 * time.Second)
	return w.memory("5 s after the last mail")
}

// row delivers the mails and prints what they cost.
func (w *wearing) row(mails, senders int) error {
	before, err := countDevice(w.folder, w.stat)
	if err != nil {
		return err
	}
	cpuBefore, err := cpu(w.box.command.Process.Pid)
	if err != nil {
		return err
	}
	began := time.Now()
	if err := w.deliver(mails, senders); err != nil {
		return err
	}
	took := time.Since(began)
	cpuAfter, err := cpu(w.box.command.Process.Pid)
	if err != nil {
		return err
	}
	after, err := countDevice(w.folder, w.stat)
	if err != nil {
		return err
	}
	cost := after.minus(before)
	octets := len(letter{number: 1, octets: w.octets}.content())
	fmt.Fprintf(w.out, "| %d | %d | %d | %.2f | %.2f | %.2f | %.0f |\n", mails, octets, senders,
		float64(cost.octets)/float64(mails*octets), float64(cost.flushes)/float64(mails),
		(cpuAfter-cpuBefore).Seconds()*1000/float64(mails), float64(mails)/took.Seconds())
	return nil
}

// deliver shares so many letters out among so many connections.
func (w *wearing) deliver(mails, senders int) error {
	numbers := make(chan uint64, mails) // all of them: a sender that gives up blocks nobody
	for range mails {
		w.number++
		numbers <- w.number
	}
	close(numbers)
	failures := make([]error, senders)
	var group sync.WaitGroup
	for i := range senders {
		group.Go(func() {
			s, err := dialSMTP(w.box.smtp)
			if err != nil {
				failures[i] = err
				return
			}
			defer s.close()
			for number := range numbers {
				if failures[i] = s.deliver(letter{number, w.octets}, wearMailbox+"@home.arpa"); failures[i] != nil {
					return
				}
			}
		})
	}
	group.Wait()
	return errors.Join(failures...)
}

// empty removes all mail.
func (w *wearing) empty() error {
	r, err := dialPOP3(w.box.pop3, wearMailbox, password)
	if err != nil {
		return err
	}
	defer r.close()
	uids, err := r.uids()
	if err != nil {
		return err
	}
	numbers := make([]int, len(uids))
	for i := range numbers {
		numbers[i] = i + 1
	}
	return r.remove(numbers)
}

func (w *wearing) memory(when string) error {
	octets, err := anonymous(w.box.command.Process.Pid)
	if err != nil {
		return err
	}
	fmt.Fprintf(w.out, "private memory, %s: %.2f MiB\n", when, float64(octets)/(1<<20))
	return nil
}
