package bench

import (
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"
	"time"

	"pillarbox/cmd/pillarbench/client"
	"pillarbox/cmd/pillarbench/measure"
	"pillarbox/cmd/pillarbench/server"
)

const (
	startBatch = 1000 // messages that are delivered over the same connections
	// DeletedMessages is how many messages are removed in one session.
	DeletedMessages = 100
)

// StartOptions are the options of the start benchmark.
type StartOptions struct {
	server.Options
	Counts []int // numbers of messages in the mailbox, ascending from DeletedMessages
	Load   client.Load
	Runs   int  // of a row, of which the median is printed
	Forget bool // remove before each start what the server can rebuild from the mail
	// Imported: the messages come from a Maildir of Dovecot's, with their unique-ids, by import.
	Imported bool
	Warm     bool // leave cached files to the kernel
}

// A startRun is a run of the start benchmark.
type startRun struct {
	StartOptions
	server   server.Server
	device   *measure.Device
	out      io.Writer
	notes    measure.Notes
	messages int    // in the mailbox
	next     uint64 // number of the next message
	empty    int64  // private octets of the server without messages
}

// A startCost is the cost of a start and of the first session after it.
type startCost struct {
	ready     time.Duration // until the greetings on all ports
	readyRead int64         // octets read from the device
	cpu       time.Duration // until then
	memory    int64         // private octets IdleSettle later, before the first login
	growth    int64         // of them, those that it has not without messages
	login     time.Duration // from the connection to the reply to STAT
	loginRead int64
	deletion  measure.DeviceCount // of removing DeletedMessages messages, until the +OK to QUIT
	later     measure.DeviceCount // of the syncfs after it
}

// startColumns are the columns of the table.
var startColumns = []measure.Column[startCost]{
	{Head: "start, ms", Format: "%.0f", Figure: func(c startCost) float64 { return milliseconds(c.ready) }},
	{Head: "CPU ms", Format: "%.0f", Figure: func(c startCost) float64 { return milliseconds(c.cpu) }},
	{Head: "KiB read", Format: "%.0f", Figure: func(c startCost) float64 { return float64(c.readyRead) / 1024 }},
	{Head: "private MiB", Format: "%.1f", Figure: func(c startCost) float64 { return float64(c.memory) / (1 << 20) }},
	{Head: "MiB for the messages", Format: "%.2f", Figure: func(c startCost) float64 { return float64(c.growth) / (1 << 20) }},
	{Head: "first login, ms", Format: "%.0f", Figure: func(c startCost) float64 { return milliseconds(c.login) }},
	{Head: "KiB read for it", Format: "%.0f", Figure: func(c startCost) float64 { return float64(c.loginRead) / 1024 }},
	{Head: "delete 100: KiB written", Format: "%.0f", Figure: func(c startCost) float64 { return float64(c.deletion.Octets) / 1024 }},
	{Head: "flushes", Format: "%.0f", Figure: func(c startCost) float64 { return float64(c.deletion.Flushes) }},
	{Head: "KiB written later", Format: "%.0f", Figure: func(c startCost) float64 { return float64(c.later.Octets) / 1024 }},
}

func milliseconds(d time.Duration) float64 { return d.Seconds() * 1000 }

// Start prints one row for each number of messages.
func Start(o StartOptions, out io.Writer) (err error) {
	s := &startRun{StartOptions: o, out: out, next: 1}
	if err := s.notes.Open("start", o.Notes); err != nil {
		return err
	}
	if s.server, err = s.Open("2GiB", 1); err != nil {
		return err
	}
	if s.device, err = measure.DeviceOf(s.Folder); err != nil {
		return err
	}
	return s.During(s.server, func() error { return s.run(s.Counts) })
}

func (s *startRun) run(counts []int) error {
	measure.Heading(s.out, []string{"file system", "server", "messages"}, startColumns)
	name := s.Name
	if s.Forget {
		name += ", index removed"
	}
	if s.Imported {
		name += ", imported"
	}
	if err := s.withoutMessages(); err != nil {
		return err
	}
	for _, n := range counts {
		costs := make([]startCost, s.Runs)
		for i := range costs {
			err := s.fill(n)
			if err == nil {
				costs[i], err = s.measure()
			}
			if err != nil {
				return fmt.Errorf("%d messages: %w", n, err)
			}
		}
		measure.Row(s.out, []string{s.Label, name, strconv.Itoa(n)}, startColumns, costs)
		measure.AddRow(&s.notes, s.Label+" "+strconv.Itoa(n), name, startColumns, costs)
	}
	return nil
}

// withoutMessages measures the memory of the server before it gets mail. The first start makes
// keys, so that it is not measured.
func (s *startRun) withoutMessages() error {
	memory := make([]float64, s.Runs)
	for i := range memory {
		if err := errors.Join(s.server.Stop(), s.server.Start()); err != nil {
			return err
		}
		n, err := s.atRest()
		if err != nil {
			return err
		}
		memory[i] = float64(n)
	}
	s.empty = int64(measure.Median(memory))
	return nil
}

// atRest returns the private octets of the server after it was left alone for IdleSettle.
func (s *startRun) atRest() (int64, error) {
	time.Sleep(IdleSettle)
	return measure.FamilyAnonymous(s.server.Process())
}

// fill delivers until there are n messages in the mailbox.
func (s *startRun) fill(n int) error {
	for s.messages < n {
		batch := min(startBatch, n-s.messages)
		if ours, ok := s.server.(*server.Pillarbox); ok && s.Imported {
			batch = n - s.messages
			if err := ours.ImportListed(s.Load, s.next, batch, client.Mailbox(0)); err != nil {
				return err
			}
			s.next += uint64(batch)
			s.messages += batch
			continue
		}
		if _, err := server.Deliver(s.server, s.Load, s.next, batch, server.Spread{Connections: 4, Mailboxes: 1}); err != nil {
			return err
		}
		s.next += uint64(batch)
		s.messages += batch
	}
	return nil
}

// measure restarts the server, after the kernel has dropped its cached files.
func (s *startRun) measure() (c startCost, err error) {
	if err := s.server.Stop(); err != nil {
		return c, err
	}
	if s.Forget {
		if err := s.server.RemoveCaches(); err != nil {
			return c, err
		}
	}
	if _, err := s.device.Settled(); err != nil {
		return c, err
	}
	if !s.Warm {
		if err := dropCaches(); err != nil {
			return c, err
		}
	}
	before, err := s.device.Count()
	if err != nil {
		return c, err
	}
	if err := s.server.Start(); err != nil {
		return c, err
	}
	c.ready = time.Since(s.server.Began())
	if c.cpu, err = measure.FamilyTime(s.server.Process()); err != nil {
		return c, err
	}
	after, err := s.device.Count()
	if err != nil {
		return c, err
	}
	c.readyRead = after.Minus(before).Read
	if c.memory, err = s.atRest(); err != nil {
		return c, err
	}
	c.growth = c.memory - s.empty
	if s.server.Maildrop() == "" {
		return c, nil
	}
	return c, s.session(&c)
}

// session logs in, and removes messages that are spread evenly over the mailbox.
func (s *startRun) session(c *startCost) error {
	before, err := s.device.Count()
	if err != nil {
		return err
	}
	began := time.Now()
	r, err := client.DialPOP3(s.server.Maildrop(), client.Mailbox(0), client.Password)
	if err != nil {
		return err
	}
	defer r.Close()
	if err := r.Command("STAT"); err != nil {
		return err
	}
	c.login = time.Since(began)
	after, err := s.device.Settled()
	if err != nil {
		return err
	}
	c.loginRead = after.Minus(before).Read
	numbers := make([]int, DeletedMessages)
	for i := range numbers {
		numbers[i] = 1 + i*(s.messages/DeletedMessages)
	}
	if err := r.Delete(numbers); err != nil {
		return err
	}
	s.messages -= DeletedMessages
	answered, err := s.device.Count()
	if err != nil {
		return err
	}
	written, err := s.device.Settled()
	c.deletion, c.later = answered.Minus(after), written.Minus(answered)
	return err
}

// dropCaches makes the kernel drop all clean cached pages of files (proc(5), drop_caches).
func dropCaches() error {
	return os.WriteFile("/proc/sys/vm/drop_caches", []byte("3\n"), 0)
}
