package bench

import (
	"errors"
	"fmt"

	"pillarbox/cmd/pillarbench/client"
	"pillarbox/cmd/pillarbench/fetcher"
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
