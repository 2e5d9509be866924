package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"time"
)

// boardParts are the stories that can be told of a board.
var boardParts = [...]struct {
	name     string
	config   string
	watchdog bool
	lasts    bool // for as long as -duration says
	tell     func(ctx context.Context, r *rig, out io.Writer, long time.Duration) error
}{
	{"mail", guestConfig, false, false, boardMail},
	{"watchdog", guestConfig + boardWatchdogConfig, true, false, boardWatchdog},
	{"hour", hourConfig, false, true, boardHour},
}

// onBoard is the subcommand "board".
func onBoard(args []string, out io.Writer) error {
	var f rigFlags
	set := flag.NewFlagSet("pillarbench board", flag.ContinueOnError)
	f.add(set)
	part := set.String("part", "mail", "mail, watchdog, or hour")
	long := set.Duration("duration", time.Hour, "of the load of part hour, whole minutes")
	limit := set.Duration("limit", 30*time.Minute, "for the whole run but that load")
	if err := parse(set, args); err != nil {
		return err
	}
	for _, p := range boardParts {
		if p.name != *part {
			continue
		}
		if p.lasts {
			*limit += *long
		}
		ctx, cancel := context.WithTimeout(context.Background(), *limit)
		defer cancel()
		r, err := newRig(set, f, p.config, trialMailboxes[:]...)
		if err != nil {
			return err
		}
		r.watchdog = p.watchdog
		return errors.Join(p.tell(ctx, r, out, *long), r.close())
	}
	return fmt.Errorf("-part: there is no %q", *part)
}

// boardMail boots, passes mail through the box from outside, and stops it.
func boardMail(ctx context.Context, r *rig, out io.Writer, _ time.Duration) error {
	began := time.Now()
	if err := r.boot(ctx); err != nil {
		return err
	}
	up := time.Since(began)
	letters := []letter{{1, 1000}, {2, 20_000}, {3, 1 << 20}}
	if err := r.passMail(letters, letters); err != nil {
		return err
	}
	memory, err := r.usage(ctx)
	if err != nil {
		return err
	}
	if err := r.stop(ctx); err != nil {
		return err
	}
	r.board.Say("off")
	<-r.board.Gone()
	c := r.disk.Count()
	fmt.Fprintf(out, "board: %s, %d MiB, %s: ready %v after power on; %d mails in and out; %d KiB free, the box has %d its own; disk: %d KiB in %d writes, %d flushes; %v CPU: PASS\n",
		r.machine.Name, r.memory, r.filesystem, up.Round(10*time.Millisecond), len(letters), memory.free, memory.own, c.Octets>>10, c.Writes, c.Flushes, r.board.CPU().Round(10*time.Millisecond))
	return nil
}

// passMail delivers letters, and fetches all that must be in the mailbox.
func (r *rig) passMail(letters, all []letter) error {
	err := r.sendMail("anna", letters)
	if err == nil {
		err = r.fetchMail(all)
	}
	if err != nil {
		return fmt.Errorf("%w; the console ends:\n%s", err, r.board.Tail())
	}
	return nil
}

func (r *rig) sendMail(to string, letters []letter) error {
	s, err := dialSMTP(r.smtp())
	if err != nil {
		return err
	}
	defer s.close()
	for _, l := range letters {
		if err := s.deliver(l, to+"@home.arpa"); err != nil {
			return fmt.Errorf("letter %d: %w", l.number, err)
		}
	}
	return nil
}

func (r *rig) fetchMail(want []letter) error {
	p, err := dialPOP3(r.pop3(), "anna", password)
	if err != nil {
		return err
	}
	defer p.close()
	uids, err := p.uids()
	if err != nil {
		return err
	}
	if len(uids) != len(want) {
		return fmt.Errorf("%d mails for %d letters", len(uids), len(want))
	}
	for i, l := range want {
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
