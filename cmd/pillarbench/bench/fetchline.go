package bench

import (
	"fmt"
	"time"

	"pillarbox/cmd/pillarbench/client"
	"pillarbox/cmd/pillarbench/fetcher"
	"pillarbox/cmd/pillarbench/provider"
)

// largeOctets is the size of the message that comes over broken lines.
const largeOctets = 25_000_000

// breakLines fetches one large message over lines that break after an equal part of it. It gives up
// after twice as many fetches as lines are broken.
func (c *contestant) breakLines(p proxied) (cost brokenCost, err error) {
	l := client.Load{Name: "large", Octets: func(uint64) int { return largeOctets }, Mean: largeOctets}
	if err := c.run.provider.Fill(p.User, l, c.next, 1); err != nil {
		return cost, err
	}
	cost.size = len(client.Message{Number: c.next, Octets: largeOctets}.Content())
	c.next++
	before := p.proxy.Count()
	p.proxy.Break(c.run.Breaks, int64(cost.size/c.run.Breaks))
	for range 2 * c.run.Breaks {
		if _, err := c.Fetch(p.Account); err != nil {
			return cost, err
		}
		n, err := fetcher.Arrived(c.Fetcher, cost.size)
		if err != nil {
			return cost, err
		}
		if cost.arrived = n > 0; cost.arrived {
			break
		}
	}
	line := p.proxy.Count().Minus(before)
	cost.octets, cost.lines, cost.broken = line.Octets, line.Connections, line.Broken
	p.proxy.Break(0, 0)
	return cost, c.clear(p.Account)
}

// poll measures polls of a mailbox whose messages were all fetched.
func (c *contestant) poll(p proxied) (cost pollCost, err error) {
	l, err := client.ParseLoad("1k")
	if err != nil {
		return cost, err
	}
	if err := c.run.provider.Fill(p.User, l, c.next, c.run.Left); err != nil {
		return cost, err
	}
	c.next += uint64(c.run.Left)
	if err := c.Ready([]provider.Account{p.Account}); err != nil {
		return cost, err
	}
	if _, err := c.Fetch(p.Account); err != nil {
		return cost, err
	}
	if err := c.expect(c.run.Left); err != nil {
		return cost, err
	}
	for range c.run.Polls {
		before := p.proxy.Count()
		if c.PollsItself() {
			err = awaitPoll(p.proxy)
		} else {
			_, err = c.Fetch(p.Account)
		}
		if err != nil {
			return cost, err
		}
		cost.octets = append(cost.octets, p.proxy.Count().Minus(before).Octets)
	}
	if err := c.expect(c.run.Left); err != nil {
		return cost, err
	}
	return cost, c.clear(p.Account)
}

// pollPatience is how long a server may take to poll an account that it polls each minute.
const pollPatience = 3 * time.Minute

// awaitPoll returns when one more connection has ended, and no other is open.
func awaitPoll(proxy *provider.Proxy) error {
	began := proxy.Count().Ended
	for deadline := time.Now().Add(pollPatience); ; time.Sleep(100 * time.Millisecond) {
		if line := proxy.Count(); line.Ended > began && line.Ended == line.Connections {
			return nil
		}
		if time.Now().After(deadline) {
			return fmt.Errorf("the server did not poll within %v", pollPatience)
		}
	}
}
