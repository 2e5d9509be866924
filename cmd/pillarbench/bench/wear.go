package bench

import (
	"errors"
	"fmt"
	"io"
	"strconv"
	"time"

	"pillarbox/cmd/pillarbench/client"
	"pillarbox/cmd/pillarbench/measure"
	"pillarbox/cmd/pillarbench/server"
)

// Wear prints a row for each load and number of senders.
func Wear(o WearOptions, rows []WearRow, out io.Writer) (err error) {
	w := &wearRun{WearOptions: o, out: out, next: 1}
	if err := w.notes.Open("wear", o.Notes); err != nil {
		return err
	}
	if w.server, err = w.Open("64MiB", client.MaxConnections); err != nil {
		return err
	}
	if w.device, err = measure.DeviceOf(w.Folder); err != nil {
		return err
	}
	return w.During(w.server, func() error { return w.run(rows) })
}

func (w *wearRun) run(rows []WearRow) error {
	filled, err := warmUp(w.server, w.Folder, w.Name == server.Own)
	if err != nil {
		return fmt.Errorf("warm-up: %w", err)
	}
	measure.Heading(w.out, []string{"file system", "server", "mail", "senders"}, wearColumns)
	var over []error
	for _, r := range rows {
		costs := make([]cost, w.Runs)
		for i := range costs {
			if costs[i], err = w.measure(r); err != nil {
				return fmt.Errorf("%s, %d senders: %w", r.Load.Name, r.Senders, err)
			}
		}
		senders := strconv.Itoa(r.Senders)
		measure.Row(w.out, []string{w.Label, w.Name, r.Load.Name, senders}, wearColumns, costs)
		measure.AddRow(&w.notes, w.Label+" "+r.Load.Name+" "+senders, w.Name, wearColumns, costs)
		if w.Guard {
			if err := overspent(r, costs); err != nil {
				over = append(over, fmt.Errorf("%s, %d senders: %w", r.Load.Name, r.Senders, err))
			}
		}
	}
	if w.Name == server.Own && w.Import > 0 {
		if err := w.importRow(w.Import); err != nil {
			return fmt.Errorf("import: %w", err)
		}
	}
	if w.Name == server.Own {
		fmt.Fprintf(w.out, "%s on %s: %.0f MiB of slots were filled once in the warm-up, before this was measured.\n", w.Name, w.Label, float64(filled)/(1<<20))
	}
	return errors.Join(over...)
}

// measure delivers the messages of a row once, and removes them.
func (w *wearRun) measure(r WearRow) (cost, error) {
	messages := min(w.Messages, rowOctets/r.Load.Mean)
	before, err := w.device.Settled()
	if err != nil {
		return cost{}, err
	}
	cpuBefore, err := measure.FamilyCPU(w.server.Process())
	if err != nil {
		return cost{}, err
	}
	c := cost{messages: messages}
	first := w.next
	w.next += uint64(messages)
	began := time.Now()
	after := w.device.Settled
	if w.Pause > 0 {
		c.octets, err = server.Trickle(w.server, r.Load, first, messages, w.Pause)
		after = w.device.Count
	} else {
		c.octets, err = server.Deliver(w.server, r.Load, first, messages, server.Spread{Connections: r.Senders, Mailboxes: r.Senders})
		c.took = time.Since(began)
	}
	if err != nil {
		return cost{}, err
	}
	cpuAfter, err := measure.FamilyCPU(w.server.Process())
	if err != nil {
		return cost{}, err
	}
	c.cpu = cpuAfter - cpuBefore
	count, err := after()
	c.device = count.Minus(before)
	if err != nil {
		return cost{}, err
	}
	return c, server.EmptyAll(w.server)
}
