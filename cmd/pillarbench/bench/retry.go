package bench

import (
	"errors"
	"fmt"
	"time"

	"pillarbox/cmd/pillarbench/client"
	"pillarbox/cmd/pillarbench/measure"
)

// retryRuns is how many retries are measured.
const retryRuns = 5

// retries submits messages while the smarthost is dead and tries them again, and sends them at the
// end.
func (c *sendContestant) retries() (costs []retryCost, err error) {
	l, err := client.ParseLoad("4k")
	if err != nil {
		return nil, err
	}
	arrived := c.smarthost.Count().Messages
	c.smarthost.SetDead(true)
	defer c.smarthost.SetDead(false)
	if _, err := c.submit(l, c.Waiting); err != nil {
		return nil, err
	}
	if err := c.await(c.Waiting); err != nil {
		return nil, err
	}
	for range retryRuns {
		cost, err := c.retry()
		if err != nil {
			return nil, err
		}
		costs = append(costs, cost)
	}
	c.smarthost.SetDead(false)
	err = errors.Join(c.Retry(), c.await(0))
	if got := c.smarthost.Count().Messages - arrived; err == nil && got != c.Waiting {
		err = fmt.Errorf("%d messages arrived in the end, want %d", got, c.Waiting)
	}
	return costs, err
}

// retry measures one retry. What a syncfs of a device writes on which nothing has changed is
// measured before it, and taken off.
func (c *sendContestant) retry() (cost retryCost, err error) {
	var counts [3]measure.DeviceCount
	for i := range 2 {
		if counts[i], err = c.device.Settled(); err != nil {
			return cost, err
		}
	}
	attempts := c.smarthost.Count().Attempts
	cpu, err := measure.FamilyCPU(c.Process())
	if err != nil {
		return cost, err
	}
	if err := c.Retry(); err != nil {
		return cost, err
	}
	for began := time.Now(); c.smarthost.Count().Attempts == attempts; time.Sleep(10 * time.Millisecond) {
		if time.Since(began) > sendPatience {
			return cost, errors.New("nothing was tried")
		}
	}
	if err := c.await(c.Waiting); err != nil {
		return cost, err
	}
	if counts[2], err = c.device.Settled(); err != nil {
		return cost, err
	}
	cost.device = counts[2].Minus(counts[1]).Minus(counts[1].Minus(counts[0]))
	cost.attempts = c.smarthost.Count().Attempts - attempts
	ended, err := measure.FamilyCPU(c.Process())
	cost.cpu = ended - cpu
	return cost, err
}
