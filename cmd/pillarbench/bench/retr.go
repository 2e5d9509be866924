package bench

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"time"

	"pillarbox/cmd/pillarbench/bare"
	"pillarbox/cmd/pillarbench/client"
	"pillarbox/cmd/pillarbench/measure"
	"pillarbox/cmd/pillarbench/server"
)

// retrMost is the most octets in a mailbox, and retrMails the most messages.
const (
	retrMost  = 20 << 20
	retrMails = 32
)

// RetrSessions is the most sessions at a time. Each has its own mailbox.
const RetrSessions = 8

// retrPipelined is the largest message that is retrieved by pipelined commands: with larger ones
// it makes no difference.
const retrPipelined = 64 << 10

// RetrOptions determine the rows of the retr benchmark.
type RetrOptions struct {
	Loads    []client.Load
	Sessions []int // numbers of sessions at a time
	Pipe     []int // numbers of commands in one write
	Secure   []bool
}

// A retrRun is a run of the retr benchmark.
type retrRun struct {
	comparison
	RetrOptions
	next uint64 // number of the next message
}

var retrColumns = []measure.Column[measure.Turn]{measure.CPUMicro, measure.CPUGiga, measure.PerFloor, measure.PerFirst, measure.PerSecond, measure.MegaBytes}

// Retr prints a row for each size, way, number of sessions and server.
func Retr(c ComparisonOptions, o RetrOptions, out io.Writer) error {
	r := &retrRun{comparison: comparison{options: c}, RetrOptions: o, next: 1}
	return r.during("retr", out, "1GiB", client.MaxConnections, r.measure)
}

func (r *retrRun) measure() error {
	measure.Heading(r.Out, []string{"mail", "way", "pipelined", "sessions", "server"}, retrColumns)
	for _, l := range r.Loads {
		if err := r.size(l); err != nil {
			return fmt.Errorf("messages of %s: %w", l.Name, err)
		}
	}
	return nil
}

// size measures all rows of one size, with mailboxes that hold nothing else.
func (r *retrRun) size(l client.Load) error {
	messages := max(1, min(retrMails, retrMost/l.Mean))
	if err := r.eachServer(func(e entry) error {
		return server.Fill(e.server, l, r.next, messages, server.Spread{Connections: RetrSessions, Mailboxes: RetrSessions})
	}); err != nil {
		return err
	}
	r.next += uint64(messages * RetrSessions)
	body := filepath.Join(r.options.Folder, "floor-"+strconv.Itoa(l.Mean))
	if err := os.WriteFile(body, client.Message{Number: r.next, Octets: l.Mean}.Wire(), 0o600); err != nil {
		return err
	}
	floor, err := bare.Start("-body", body)
	if err != nil {
		return err
	}
	defer floor.Stop()
	if err := r.syncFolder(); err != nil {
		return err
	}
	if err := r.rows(l, messages, floor); err != nil {
		return err
	}
	return r.eachServer(func(e entry) error { return server.EmptyAll(e.server) })
}

func (r *retrRun) rows(l client.Load, messages int, floor *bare.Server) error {
	for _, secure := range r.Secure {
		for _, pipelined := range r.Pipe {
			if pipelined > 1 && l.Mean > retrPipelined {
				continue
			}
			for _, sessions := range r.Sessions {
				if err := r.row(l, messages, floor, secure, pipelined, sessions); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

// row measures the bare server and each server that offers TLS, if secure.
func (r *retrRun) row(l client.Load, messages int, floor *bare.Server, secure bool, pipelined, sessions int) (err error) {
	way, address := "plain", floor.Address("plain")
	if secure {
		way, address = "TLS", floor.Address("tls")
	}
	var contenders []measure.Contender
	var all []client.Fetchers
	defer func() {
		for _, c := range all {
			c.Close()
		}
	}()
	enter := func(name string, pid int, address, user string, messages int) error {
		c, err := client.DialFetchers(address, secure, user, sessions, messages)
		if err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		all = append(all, c)
		run := func(period time.Duration) (int, int64, error) { return c.Fetch(period, pipelined) }
		contenders = append(contenders, measure.Contender{Name: name, PID: pid, Run: run})
		return nil
	}
	if err := enter("floor", floor.Process(), address, "", 1); err != nil {
		return err
	}
	for _, e := range r.entries {
		address := e.server.Maildrop()
		if secure {
			address = e.server.MaildropTLS()
		}
		if address == "" {
			continue
		}
		if err := enter(e.name, e.server.Process(), address, "bench", messages); err != nil {
			return err
		}
	}
	return r.Compare([]string{l.Name, way, strconv.Itoa(pipelined), strconv.Itoa(sessions)}, contenders, true, retrColumns)
}
