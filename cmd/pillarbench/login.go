package main

import (
	"flag"
	"fmt"
	"io"
	"slices"

	"pillarbox/cmd/pillarbench/bench"
	"pillarbox/cmd/pillarbench/client"
)

// runLogin is the subcommand.
func runLogin(args []string, out io.Writer) error {
	return largeMailboxes("login", args, bench.Login, out)
}

// runDelete is the subcommand.
func runDelete(args []string, out io.Writer) error {
	return largeMailboxes("delete", args, bench.Delete, out)
}

// largeMailboxes runs a subcommand that compares servers with large mailboxes.
func largeMailboxes(name string, args []string, run func(bench.ComparisonOptions, []int, client.Load, io.Writer) error, out io.Writer) error {
	var c bench.ComparisonOptions
	set := flag.NewFlagSet("pillarbench "+name, flag.ContinueOnError)
	comparisonFlags(set, &c)
	messages := set.String("messages", "1000,10000,100000", "messages in the mailbox, ascending; rows of the table. At most 10000 for servers that must get them by SMTP")
	octets := set.String("octets", "1k", "octets a message")
	if err := parse(set, args); err != nil {
		return err
	}
	counts, err := parseNumbers("-messages", *messages, 1<<24)
	if err != nil {
		return err
	}
	if !slices.IsSorted(counts) || counts[0] < bench.DeletedMessages {
		return fmt.Errorf("-messages: %s is not ascending from %d", *messages, bench.DeletedMessages)
	}
	l, err := client.ParseLoad(*octets)
	if err != nil {
		return err
	}
	if err := checkComparison(set, c); err != nil {
		return err
	}
	return run(c, counts, l, out)
}
