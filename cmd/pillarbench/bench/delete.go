package bench

import (
	"bytes"
	"fmt"
	"io"
	"strconv"
	"time"

	"pillarbox/cmd/pillarbench/client"
	"pillarbox/cmd/pillarbench/measure"
)

// A removal is the cost of removing DeletedMessages messages.
type removal struct {
	cpu    time.Duration       // of the session, including the login
	took   time.Duration       // from the first DELE to the +OK of QUIT
	device measure.DeviceCount // during took
}

// removalColumns are the columns of the table.
var removalColumns = []measure.Column[removal]{
	{Head: "CPU ms", Format: "%.2f", Figure: func(r removal) float64 { return milliseconds(r.cpu) }},
	{Head: "ms", Format: "%.1f", Figure: func(r removal) float64 { return milliseconds(r.took) }},
	{Head: "KiB written", Format: "%.0f", Figure: func(r removal) float64 { return float64(r.device.Octets) / 1024 }},
	{Head: "flushes", Format: "%.0f", Figure: func(r removal) float64 { return float64(r.device.Flushes) }},
}

// Delete prints a row for each number of messages and server.
func Delete(c ComparisonOptions, counts []int, l client.Load, out io.Writer) error {
	b := newLargeMailbox(c, counts, l)
	return b.during("delete", out, "1GiB", 1, func() error {
		measure.Heading(out, []string{"messages", "server"}, removalColumns)
		for _, n := range b.counts {
			if err := b.removals(n); err != nil {
				return fmt.Errorf("%d messages: %w", n, err)
			}
		}
		return nil
	})
}

// removals fills the mailboxes, and in each round removes messages from each server in turn.
func (b *largeMailbox) removals(n int) error {
	d, err := measure.DeviceOf(b.options.Folder)
	if err != nil {
		return err
	}
	grown, err := b.grown(n)
	if err != nil {
		return err
	}
	all := make([][]removal, len(grown))
	for range min(b.Number, n/DeletedMessages) {
		for i, e := range grown {
			r, err := b.removal(e, d)
			if err != nil {
				return fmt.Errorf("%s: %w", e.name, err)
			}
			all[i] = append(all[i], r)
		}
	}
	for i, e := range grown {
		measure.Row(b.Out, []string{strconv.Itoa(n), e.name}, removalColumns, all[i])
		measure.AddRow(b.Notes, strconv.Itoa(n), e.name, removalColumns, all[i])
	}
	return nil
}

// removal removes messages that are spread evenly over a mailbox.
func (b *largeMailbox) removal(e entry, d *measure.Device) (c removal, err error) {
	cpu, err := measure.FamilyTime(e.server.Process())
	if err != nil {
		return c, err
	}
	r, err := client.DialPOP3(e.server.Maildrop(), client.Mailbox(0), client.Password)
	if err != nil {
		return c, err
	}
	defer r.Close()
	step := b.messages[e.name] / DeletedMessages
	var commands bytes.Buffer
	for i := range DeletedMessages {
		fmt.Fprintf(&commands, "DELE %d\r\n", 1+i*step)
	}
	before, err := d.Settled()
	if err != nil {
		return c, err
	}
	began := time.Now()
	if err := r.Write(commands.Bytes()); err != nil {
		return c, err
	}
	for range DeletedMessages {
		if _, err := r.Reply(); err != nil {
			return c, err
		}
	}
	if err := r.Command("QUIT"); err != nil {
		return c, err
	}
	c.took = time.Since(began)
	b.messages[e.name] -= DeletedMessages
	now, err := measure.FamilyTime(e.server.Process())
	if err != nil {
		return c, err
	}
	c.cpu = now - cpu
	after, err := d.Count()
	c.device = after.Minus(before)
	return c, err
}
