package client

import (
	"errors"
	"sync"
	"time"
)

// Fetchers are sessions on one server that retrieve messages at the same time.
type Fetchers []*fetcher

// DialFetchers opens sessions, each with its own mailbox. If user is "", they do not log in.
func DialFetchers(address string, secure bool, user string, sessions, messages int) (Fetchers, error) {
	var c Fetchers
	for i := range sessions {
		name := ""
		if user != "" {
			name = Mailbox(i)
		}
		f, err := dialFetcher(address, secure, name, messages)
		if err != nil {
			c.Close()
			return nil, err
		}
		c = append(c, f)
	}
	return c, nil
}

// Fetch retrieves in all sessions until the period is over.
func (c Fetchers) Fetch(period time.Duration, pipelined int) (messages int, octets int64, err error) {
	counts, sums, failures := make([]int, len(c)), make([]int64, len(c)), make([]error, len(c))
	began := time.Now()
	var group sync.WaitGroup
	for i, f := range c {
		group.Go(func() {
			for time.Since(began) < period && failures[i] == nil {
				var n int64
				n, failures[i] = f.fetch(pipelined)
				counts[i] += pipelined
				sums[i] += n
			}
		})
	}
	group.Wait()
	for i := range c {
		messages += counts[i]
		octets += sums[i]
	}
	return messages, octets, errors.Join(failures...)
}

func (c Fetchers) Close() {
	for _, f := range c {
		f.close()
	}
}
