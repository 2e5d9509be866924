package bench

import (
	"errors"
	"fmt"
	"io"
	"strconv"

	"pillarbox/cmd/pillarbench/client"
	"pillarbox/cmd/pillarbench/measure"
	"pillarbox/cmd/pillarbench/server"
)

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
