package bench

import (
	"fmt"
	"io"
	"strconv"
	"time"

	"pillarbox/cmd/pillarbench/client"
	"pillarbox/cmd/pillarbench/measure"
)

// loginColumns are the columns of the table.
var loginColumns = []measure.Column[measure.Turn]{
	{Head: "CPU ms", Format: "%.2f", Figure: func(l measure.Turn) float64 { return l.Own.Each() * 1000 }},
	{Head: "ms", Format: "%.1f", Figure: func(l measure.Turn) float64 { return milliseconds(l.Own.Took) / float64(l.Own.Times) }},
	measure.PerFirst,
}

// Login prints rows for the first login after a start, which derives a key from the password, and
// for later ones.
func Login(c ComparisonOptions, counts []int, l client.Load, out io.Writer) error {
	b := newLargeMailbox(c, counts, l)
	return b.during("login", out, "1GiB", 1, func() error {
		measure.Heading(out, []string{"messages", "login", "server"}, loginColumns)
		for _, n := range b.counts {
			if err := b.logins(n); err != nil {
				return fmt.Errorf("%d messages: %w", n, err)
			}
		}
		return nil
	})
}

// logins measures logins to mailboxes of n messages.
func (b *largeMailbox) logins(n int) error {
	grown, err := b.grown(n)
	if err != nil {
		return err
	}
	var first, next []measure.Contender
	for i := range grown {
		e := grown[i]
		visit := func(least int) func(time.Duration) (int, int64, error) {
			return func(period time.Duration) (times int, octets int64, err error) {
				for began := time.Now(); times < least || least > 1 && time.Since(began) < period; times++ {
					if err := pollMailbox(e.server.Maildrop(), n); err != nil {
						return times, 0, err
					}
				}
				return times, 0, nil
			}
		}
		first = append(first, measure.Contender{Name: e.name, PID: e.server.Process(), Run: visit(1)})
		next = append(next, measure.Contender{Name: e.name, PID: e.server.Process(), Run: visit(3)})
	}
	if err := b.firstLogins(first, grown); err != nil {
		return err
	}
	for i := range next {
		next[i].PID = grown[i].server.Process()
	}
	return b.Compare([]string{strconv.Itoa(n), "next"}, next, false, loginColumns)
}

// firstLogins measures first logins: it restarts each server before.
func (b *largeMailbox) firstLogins(contenders []measure.Contender, grown []entry) error {
	for i := range contenders {
		if err := grown[i].server.Stop(); err != nil {
			return err
		}
		if err := grown[i].server.Start(); err != nil {
			return err
		}
		contenders[i].PID = grown[i].server.Process()
	}
	once := b.Rounds
	once.Number = 1
	return once.Compare([]string{strconv.Itoa(b.messages[grown[0].name]), "first"}, contenders, false, loginColumns)
}

// pollMailbox does what a mail client does that finds nothing new: login, STAT, LIST, UIDL, QUIT.
func pollMailbox(address string, messages int) error {
	r, err := client.DialPOP3(address, client.Mailbox(0), client.Password)
	if err != nil {
		return err
	}
	defer r.Close()
	if err := r.Command("STAT"); err != nil {
		return err
	}
	for _, command := range []string{"LIST", "UIDL"} {
		if err := r.Command(command); err != nil {
			return err
		}
		if lines, err := r.CountLines(); err != nil || lines != messages {
			return fmt.Errorf("%s has %d lines, want %d: %w", command, lines, messages, err)
		}
	}
	return r.Command("QUIT")
}
