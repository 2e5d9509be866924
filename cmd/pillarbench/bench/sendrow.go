package bench

import (
	"errors"
	"fmt"
	"time"

	"pillarbox/cmd/pillarbench/client"
	"pillarbox/cmd/pillarbench/measure"
	"pillarbox/cmd/pillarbench/queue"
	"pillarbox/cmd/pillarbench/server"
)

// A sendContestant is a queue that runs.
type sendContestant struct {
	*sendRun
	queue.Queue
	name string
}

// warm fills the slots of pillarbox, and starts the queue again.
func (c *sendContestant) warm(folder string) error {
	if c.name == server.Own {
		l, err := client.ParseLoad("64k")
		if err != nil {
			return err
		}
		grown, err := allocated(folder)
		if err != nil {
			return err
		}
		for round, quiet := 0, 0; quiet < quietRounds; round++ {
			if round == warmRounds {
				return fmt.Errorf("warm-up: %s still grows after %d rounds", folder, warmRounds)
			}
			if _, err := c.submit(l, rowOctets/l.Mean); err != nil {
				return fmt.Errorf("warm-up: %w", err)
			}
			if err := c.await(0); err != nil {
				return fmt.Errorf("warm-up: %w", err)
			}
			now, err := allocated(folder)
			if err != nil {
				return err
			}
			if quiet++; now > grown {
				grown, quiet = now, 0
			}
		}
	}
	return errors.Join(c.Stop(), c.Start())
}

// submit hands messages over by one connection, and returns their octets.
func (c *sendContestant) submit(l client.Load, messages int) (octets int64, err error) {
	s, err := c.Connect()
	if err != nil {
		return 0, err
	}
	defer s.Close()
	for range messages {
		wire := client.Message{Number: c.next, Octets: l.Octets(c.next)}.Wire()
		c.next++
		octets += int64(len(wire))
		if err := s.DeliverWire(wire, false, "anna@outside.example"); err != nil {
			return octets, err
		}
	}
	return octets, nil
}

// sendPatience is how long messages may wait for a smarthost that works, or for a retry to end.
const sendPatience = 10 * time.Minute

// await returns when so many messages are left in the queue and none is being sent.
func (c *sendContestant) await(left int) error {
	for deadline := time.Now().Add(sendPatience); ; time.Sleep(50 * time.Millisecond) {
		n, resting, err := c.Left()
		if err != nil || n == left && resting {
			return err
		}
		if time.Now().After(deadline) {
			return fmt.Errorf("%d messages are in the queue after %v, want %d", n, sendPatience, left)
		}
	}
}

// send sends the messages of one run.
func (c *sendContestant) send(l client.Load) (cost sendCost, err error) {
	cost.messages = c.Messages
	before, err := c.device.Settled()
	if err != nil {
		return cost, err
	}
	cpu, err := measure.FamilyCPU(c.Process())
	if err != nil {
		return cost, err
	}
	arrived := c.smarthost.Count()
	stop := cost.peak.Watch(func() measure.Peak { return measure.ParentAndChildren(c.Process()) })
	began := time.Now()
	if cost.octets, err = c.submit(l, c.Messages); err == nil {
		for c.smarthost.Count().Messages < arrived.Messages+c.Messages && time.Since(began) < sendPatience {
			time.Sleep(10 * time.Millisecond)
		}
		cost.took = time.Since(began)
		err = c.await(0)
	}
	stop()
	if err != nil {
		return cost, err
	}
	if got := c.smarthost.Count().Messages - arrived.Messages; got != c.Messages {
		return cost, fmt.Errorf("%d messages arrived, want %d", got, c.Messages)
	}
	ended, err := measure.FamilyCPU(c.Process())
	if err != nil {
		return cost, err
	}
	cost.cpu = ended - cpu
	after, err := c.device.Settled()
	cost.device = after.Minus(before)
	return cost, err
}
