package bench

import (
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"strconv"
	"sync"
	"time"

	"pillarbox/cmd/pillarbench/bare"
	"pillarbox/cmd/pillarbench/client"
	"pillarbox/cmd/pillarbench/measure"
	"pillarbox/cmd/pillarbench/server"
)

// Before pillarbox is measured, ingestRounds times ingestRound octets are delivered and removed,
// so that each slot of the spool has been filled once.
const (
	ingestRounds = 8
	ingestRound  = 12 << 20
)

// An ingestRun is a run of the ingest benchmark.
type ingestRun struct {
	comparison
	loads   []client.Load
	senders []int  // connections at a time
	next    uint64 // number of the next message
}

var ingestColumns = []measure.Column[measure.Turn]{measure.CPUMicro, measure.CPUGiga, measure.PerFloor, measure.PerFirst, measure.PerSecond, measure.MegaBytes}

// Ingest prints a row for each size, number of senders and server.
func Ingest(c ComparisonOptions, loads []client.Load, senders []int, out io.Writer) error {
	g := &ingestRun{comparison: comparison{options: c}, loads: loads, senders: senders, next: 1}
	return g.during("ingest", out, "64MiB", client.MaxConnections, g.measure)
}

func (g *ingestRun) measure() error {
	if err := g.warmUp(); err != nil {
		return fmt.Errorf("warm-up: %w", err)
	}
	floor, err := bare.Start("-spool", filepath.Join(g.options.Folder, "floor"))
	if err != nil {
		return err
	}
	defer floor.Stop()
	measure.Heading(g.Out, []string{"mail", "senders", "server"}, ingestColumns)
	for _, l := range g.loads {
		for _, n := range g.senders {
			if err := g.row(l, n, floor); err != nil {
				return err
			}
		}
	}
	return nil
}

// warmUp delivers to every mailbox, and fills the slots of pillarbox.
func (g *ingestRun) warmUp() error {
	l, err := client.ParseLoad("64k")
	if err != nil {
		return err
	}
	return g.eachServer(func(e entry) error {
		rounds, messages := ingestRounds, ingestRound/l.Mean
		if e.name != server.Own {
			rounds, messages = 1, client.MaxConnections
		}
		for range rounds {
			if _, err := server.Deliver(e.server, l, g.next, messages, server.Spread{Connections: client.MaxConnections, Mailboxes: client.MaxConnections}); err != nil {
				return err
			}
			if err := server.EmptyAll(e.server); err != nil {
				return err
			}
		}
		return nil
	})
}

// row measures deliveries to each server, and then removes the messages.
func (g *ingestRun) row(l client.Load, senders int, floor *bare.Server) error {
	wires := make([][]byte, 2*senders) // the same in each turn, which no server detects
	for i := range wires {
		g.next++
		wires[i] = client.Message{Number: g.next, Octets: l.Octets(g.next)}.Wire()
	}
	contenders := []measure.Contender{{Name: "floor", PID: floor.Process(), Run: func(period time.Duration) (int, int64, error) {
		return deliverFor(floor.Connect, nil, wires, senders, period)
	}}}
	for _, e := range g.entries {
		run := func(period time.Duration) (int, int64, error) {
			return deliverFor(e.server.Connect, e.server.Drain, wires, senders, period)
		}
		contenders = append(contenders, measure.Contender{Name: e.name, PID: e.server.Process(), Run: run, After: func() error { return server.EmptyAll(e.server) }})
	}
	return g.Compare([]string{l.Name, strconv.Itoa(senders)}, contenders, true, ingestColumns)
}

// floodMost is the most octets that one sender delivers in a turn, so that they fit the smallest
// spool.
const floodMost = 1 << 20

// deliverFor delivers over connections, each to its own mailbox, until the period is over.
func deliverFor(connect func() (*client.Sender, error), settle func() error, wires [][]byte, senders int, period time.Duration) (messages int, octets int64, err error) {
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
			defer s.Close()
			for failures[i] == nil && time.Since(began) < period && (sums[i] == 0 || sums[i] < floodMost*int64(client.MaxConnections/senders)) {
				wire := wires[(2*i+counts[i])%len(wires)]
				failures[i] = s.DeliverWire(wire, settle == nil, client.Mailbox(i)+"@home.arpa")
				counts[i]++
				sums[i] += int64(len(wire))
			}
		})
	}
	group.Wait()
	for i := range senders {
		messages += counts[i]
		octets += sums[i]
	}
	if settle != nil {
		failures = append(failures, settle())
	}
	return messages, octets, errors.Join(failures...)
}
