package bench

import (
	"errors"
	"fmt"
	"io"
	"strconv"

	"pillarbox/cmd/pillarbench/client"
	"pillarbox/cmd/pillarbench/fetcher"
	"pillarbox/cmd/pillarbench/measure"
	"pillarbox/cmd/pillarbench/provider"
	"pillarbox/cmd/pillarbench/server"
)

// A contestant is a fetcher and its accounts at the provider. Each run has one of its own, because
// no fetcher fetches a message twice.
type contestant struct {
	fetcher.Fetcher
	run       *fetchRun
	name      string
	next      uint64 // number of the next message
	protocols []string
	loads     []client.Load // what is fetched over no proxy
	lines     bool          // octets on the line are counted

	runs         []fetchAccount
	idle, broken []proxied

	// What was measured: of each row of runs, and of each of the accounts behind proxies.
	fetched     [][]fetchCost
	polled      []pollCost
	brokenLines []brokenCost
}

// A fetchAccount is that of one run of a row.
type fetchAccount struct {
	provider.Account
	load client.Load
}

// A proxied account is reached through a proxy.
type proxied struct {
	provider.Account
	proxy *provider.Proxy
}

// accounts names the accounts.
func (c *contestant) accounts() error {
	for _, protocol := range c.protocols {
		for i, l := range c.loads {
			for run := range c.run.Runs {
				user := fmt.Sprintf("%s-%s-%d-%d", c.name, protocol, i, run)
				c.runs = append(c.runs, fetchAccount{c.run.provider.Account(protocol, user), l})
			}
		}
		for _, way := range []struct {
			name string
			want bool
			to   *[]proxied
		}{{"idle", c.lines && c.run.Left > 0, &c.idle}, {"broken", c.lines && c.run.Breaks > 0, &c.broken}} {
			if !way.want {
				continue
			}
			account, proxy, err := c.run.provider.Through(protocol, c.name+"-"+protocol+"-"+way.name)
			if err != nil {
				return err
			}
			account.Polled = way.name == "idle"
			*way.to = append(*way.to, proxied{account, proxy})
		}
	}
	return nil
}

// hangUp closes the proxies.
func (c *contestant) hangUp() {
	for _, p := range append(append([]proxied(nil), c.idle...), c.broken...) {
		p.proxy.Close()
	}
}

// direct are the accounts from which mail is fetched once.
func (c *contestant) direct() (list []provider.Account) {
	for _, a := range c.runs {
		list = append(list, a.Account)
	}
	for _, p := range c.broken {
		list = append(list, p.Account)
	}
	return list
}

// all are all accounts.
func (c *contestant) all() []provider.Account {
	list := c.direct()
	for _, p := range c.idle {
		list = append(list, p.Account)
	}
	return list
}

// warm fills the folder of the server, and starts the server again, so that its memory is not what
// the warm-up needed.
func (c *contestant) warm(folder string) error {
	if _, err := warmUp(c.Server(), folder, c.name == server.Own); err != nil {
		return fmt.Errorf("warm-up: %w", err)
	}
	return errors.Join(c.Server().Stop(), c.Server().Start())
}

// measure measures everything.
func (c *contestant) measure() error {
	if err := c.Ready(c.direct()); err != nil {
		return err
	}
	for at := 0; at < len(c.runs); at += c.run.Runs {
		costs := make([]fetchCost, c.run.Runs)
		for i, a := range c.runs[at : at+c.run.Runs] {
			var err error
			if costs[i], err = c.fetchAll(a); err != nil {
				return fmt.Errorf("%s, %s: %w", a.Protocol, a.load.Name, err)
			}
		}
		c.fetched = append(c.fetched, costs)
	}
	for _, p := range c.broken {
		cost, err := c.breakLines(p)
		if err != nil {
			return fmt.Errorf("broken lines: %w", err)
		}
		c.brokenLines = append(c.brokenLines, cost)
	}
	for _, p := range c.idle {
		cost, err := c.poll(p)
		if err != nil {
			return fmt.Errorf("idle polls: %w", err)
		}
		c.polled = append(c.polled, cost)
	}
	return nil
}

// print prints and notes the rows of what was fetched.
func (c *contestant) print(out io.Writer) {
	for i, costs := range c.fetched {
		a := c.runs[i*c.run.Runs]
		measure.Row(out, []string{c.name, a.Protocol, a.load.Name}, fetchColumns, costs)
		measure.AddRow(&c.run.notes, a.load.Name+" "+a.Protocol, c.name, fetchColumns, costs)
	}
}

// printPolls prints and notes the row of polls, if they were measured.
func (c *contestant) printPolls(out io.Writer) {
	for _, cost := range c.polled {
		measure.Row(out, []string{c.name, c.protocols[0], strconv.Itoa(c.run.Left)}, pollColumns, []pollCost{cost})
		measure.AddRow(&c.run.notes, "poll "+c.protocols[0], c.name, pollColumns, []pollCost{cost})
	}
}

// printBroken prints and notes the row of broken lines, if they were measured.
func (c *contestant) printBroken(out io.Writer) {
	for _, cost := range c.brokenLines {
		measure.Row(out, []string{c.name, c.protocols[0], strconv.Itoa(c.run.Breaks)}, brokenColumns, []brokenCost{cost})
		measure.AddRow(&c.run.notes, "broken "+c.protocols[0], c.name, brokenColumns, []brokenCost{cost})
	}
}

// fetchAll fetches the messages of one run, and removes them.
func (c *contestant) fetchAll(a fetchAccount) (cost fetchCost, err error) {
	cost.messages = c.run.Messages
	if err := c.run.provider.Fill(a.User, a.load, c.next, c.run.Messages); err != nil {
		return cost, err
	}
	for range c.run.Messages {
		cost.octets += int64(len(client.Message{Number: c.next, Octets: a.load.Octets(c.next)}.Content()))
		c.next++
	}
	before, err := c.run.device.Settled()
	if err != nil {
		return cost, err
	}
	if cost.Usage, err = c.Fetch(a.Account); err != nil {
		return cost, err
	}
	after, err := c.run.device.Settled()
	if err != nil {
		return cost, err
	}
	cost.device = after.Minus(before)
	if err := c.expect(c.run.Messages); err != nil {
		return cost, err
	}
	return cost, c.clear(a.Account)
}

// clear removes the messages, here and at the provider.
func (c *contestant) clear(a provider.Account) error {
	return errors.Join(server.EmptyAll(c.Server()), c.run.provider.Remove(a.User))
}

// expect compares how many messages have arrived.
func (c *contestant) expect(want int) error {
	got, err := fetcher.Arrived(c.Fetcher, 0)
	if err == nil && got != want {
		err = fmt.Errorf("%d messages have arrived, want %d", got, want)
	}
	return err
}
