package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"time"
)

// onBoard is the subcommand "board".
func onBoard(args []string, out io.Writer) error {
	var f rigFlags
	set := flag.NewFlagSet("pillarbench board", flag.ContinueOnError)
	f.add(set)
	limit := set.Duration("limit", 2*time.Minute, "for the whole run")
	if err := parse(set, args); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(context.Background(), *limit)
	defer cancel()
	r, err := newRig(set, f, "", "anna")
	if err != nil {
		return err
	}
	return errors.Join(boardMail(ctx, r, out), r.close())
}

// boardMail boots, passes mail through the box from outside, and stops it.
func boardMail(ctx context.Context, r *rig, out io.Writer) error {
	began := time.Now()
	if err := r.boot(ctx); err != nil {
		return err
	}
	up := time.Since(began)
	letters := []letter{{1, 1000}, {2, 20_000}, {3, 1 << 20}}
	if err := passMail(r.smtp(), r.pop3(), letters); err != nil {
		return fmt.Errorf("%w; the console ends:\n%s", err, r.board.Tail())
	}
	memory, err := r.free(ctx)
	if err != nil {
		return err
	}
	if err := r.stop(ctx); err != nil {
		return err
	}
	r.board.Say("off")
	<-r.board.Gone()
	c := r.disk.Count()
	fmt.Fprintf(out, "board: %d MiB, %s: ready %v after power on; %d mails in and out; %s; disk: %d KiB in %d writes, %d flushes; %v CPU: PASS\n",
		r.memory, r.filesystem, up.Round(10*time.Millisecond), len(letters), memory, c.Octets>>10, c.Writes, c.Flushes, r.board.CPU().Round(10*time.Millisecond))
	return nil
}

// passMail delivers letters and fetches them again.
func passMail(smtp, pop3 string, letters []letter) error {
	s, err := dialSMTP(smtp)
	if err != nil {
		return err
	}
	defer s.close()
	for _, l := range letters {
		if err := s.deliver(l, "anna@home.arpa"); err != nil {
			return fmt.Errorf("letter %d: %w", l.number, err)
		}
	}
	p, err := dialPOP3(pop3, "anna", password)
	if err != nil {
		return err
	}
	defer p.close()
	uids, err := p.uids()
	if err != nil {
		return err
	}
	if len(uids) != len(letters) {
		return fmt.Errorf("%d mails for %d letters", len(uids), len(letters))
	}
	for i, l := range letters {
		mail, err := p.retrieve(i + 1)
		if err != nil {
			return err
		}
		got, err := verify(mail)
		if err != nil {
			return err
		}
		if got != l {
			return fmt.Errorf("letter %d came in place of letter %d", got.number, l.number)
		}
	}
	return p.command("QUIT")
}
