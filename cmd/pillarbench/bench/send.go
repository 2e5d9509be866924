package bench

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"

	"pillarbox/cmd/pillarbench/measure"
	"pillarbox/cmd/pillarbench/queue"
	"pillarbox/cmd/pillarbench/server"
	"pillarbox/cmd/pillarbench/smarthost"
)

// Send prints what sending costs, and what a retry costs while the smarthost is dead.
func Send(o SendOptions, out io.Writer) (err error) {
	s := &sendRun{SendOptions: o, next: 1, log: filepath.Join(os.TempDir(), fmt.Sprintf("pillarbench-send-%d.log", os.Getpid()))}
	if s.Folder, err = filepath.Abs(s.Folder); err != nil {
		return err
	}
	if err := s.notes.Open("send", o.Notes); err != nil {
		return err
	}
	if s.device, err = measure.DeviceOf(s.Folder); err != nil {
		return err
	}
	if s.smarthost, err = smarthost.Start(); err != nil {
		return err
	}
	defer s.smarthost.Close()
	measure.Heading(&s.sent, []string{"queue", "mail"}, sendColumns)
	measure.Heading(&s.retried, []string{"queue", "messages waiting"}, retryColumns)
	for _, name := range s.Queues {
		if failed := s.one(name); errors.Is(failed, server.ErrMissing) {
			fmt.Fprintf(out, "%v: skipped.\n", failed)
		} else if failed != nil {
			err = errors.Join(err, fmt.Errorf("%s: %w (the log is %s)", name, failed, s.log))
		}
	}
	fmt.Fprintf(out, "%s\n", &s.sent)
	if s.Waiting > 0 {
		fmt.Fprintf(out, "%s\n", &s.retried)
	}
	if err == nil {
		err = os.Remove(s.log)
	}
	return err
}

// one measures one queue.
func (s *sendRun) one(name string) error {
	folder := filepath.Join(s.Folder, name)
	if err := os.Mkdir(folder, 0o755); err != nil {
		return err
	}
	q, err := queue.New(queue.Options{Name: name, Binary: s.Binary, Peers: s.Peers, Folder: folder, Log: s.log, To: s.smarthost})
	if err != nil {
		return err
	}
	if err := q.Start(); err != nil {
		return err
	}
	c := &sendContestant{s, q, name}
	if err = c.warm(folder); err == nil {
		err = c.measure()
	}
	return errors.Join(err, q.Stop(), os.RemoveAll(folder))
}

// measure measures all rows, and then the retries.
func (c *sendContestant) measure() error {
	for _, l := range c.Loads {
		costs := make([]sendCost, c.Runs)
		for i := range costs {
			var err error
			if costs[i], err = c.send(l); err != nil {
				return fmt.Errorf("%s: %w", l.Name, err)
			}
		}
		measure.Row(&c.sent, []string{c.name, l.Name}, sendColumns, costs)
		measure.AddRow(&c.notes, l.Name, c.name, sendColumns, costs)
	}
	if c.Waiting == 0 {
		return nil
	}
	costs, err := c.retries()
	if err != nil {
		return fmt.Errorf("retries: %w", err)
	}
	measure.Row(&c.retried, []string{c.name, strconv.Itoa(c.Waiting)}, retryColumns, costs)
	measure.AddRow(&c.notes, "retry", c.name, retryColumns, costs)
	return nil
}
