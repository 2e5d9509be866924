package testbed

import (
	"context"
	"fmt"
	"io"
	"time"

	"pillarbox/cmd/pillarbench/client"
)

// runMail boots, delivers and retrieves messages from outside, and stops the server.
func runMail(ctx context.Context, r *Bed, out io.Writer, _ time.Duration) error {
	began := time.Now()
	if err := r.Boot(ctx); err != nil {
		return err
	}
	up := time.Since(began)
	messages := []client.Message{{Number: 1, Octets: 1000}, {Number: 2, Octets: 20_000}, {Number: 3, Octets: 1 << 20}}
	if err := r.sendAndFetch(messages, messages); err != nil {
		return err
	}
	memory, err := r.memoryUsage(ctx)
	if err != nil {
		return err
	}
	if err := r.Stop(ctx); err != nil {
		return err
	}
	r.board.Say("off")
	<-r.board.Gone()
	c := r.Disk.Count()
	fmt.Fprintf(out, "board: %s, %d MiB, %s: ready %v after power on; %d messages in and out; %d KiB free, the server has %d of private memory; disk: %d KiB in %d writes, %d flushes; %v CPU: PASS\n",
		r.machine.Name, r.memory, r.filesystem, up.Round(10*time.Millisecond), len(messages), memory.free, memory.own, c.Octets>>10, c.Writes, c.Flushes, r.board.CPU().Round(10*time.Millisecond))
	return nil
}

// sendAndFetch delivers messages, and retrieves all that must be in the mailbox.
func (r *Bed) sendAndFetch(messages, all []client.Message) error {
	err := r.send("anna", messages)
	if err == nil {
		err = r.fetch(all)
	}
	if err != nil {
		return fmt.Errorf("%w; the console ends:\n%s", err, r.board.Tail())
	}
	return nil
}

func (r *Bed) send(to string, messages []client.Message) error {
	s, err := client.DialSMTP(r.SMTP())
	if err != nil {
		return err
	}
	defer s.Close()
	for _, l := range messages {
		if err := s.Deliver(l, to+"@home.arpa"); err != nil {
			return fmt.Errorf("message %d: %w", l.Number, err)
		}
	}
	return nil
}

func (r *Bed) fetch(want []client.Message) error {
	p, err := client.DialPOP3(r.POP3(), "anna", client.Password)
	if err != nil {
		return err
	}
	defer p.Close()
	uids, err := p.UIDs()
	if err != nil {
		return err
	}
	if len(uids) != len(want) {
		return fmt.Errorf("the mailbox has %d messages, want %d", len(uids), len(want))
	}
	for i, l := range want {
		mail, err := p.Retrieve(i + 1)
		if err != nil {
			return err
		}
		got, err := client.Verify(mail)
		if err != nil {
			return err
		}
		if got != l {
			return fmt.Errorf("got message %d, want message %d", got.Number, l.Number)
		}
	}
	return p.Command("QUIT")
}
