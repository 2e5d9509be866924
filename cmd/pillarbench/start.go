package main

import (
	"flag"
	"io"

	"pillarbox/cmd/pillarbench/bench"
	"pillarbox/cmd/pillarbench/client"
)

// runStart is the subcommand.
func runStart(args []string, out io.Writer) (err error) {
	var o bench.StartOptions
	flags := flag.NewFlagSet("pillarbench start", flag.ContinueOnError)
	serverFlags(flags, &o.Options)
	messages := flags.String("messages", "1000,10000,100000", "messages in the mailbox, ascending; rows of the table")
	octets := flags.String("octets", "2k", "octets a message, or mix")
	flags.IntVar(&o.Runs, "runs", 3, "starts of a row, of which the median is printed")
	flags.BoolVar(&o.Forget, "forget", false, "remove before each start what the server can rebuild from the mail")
	if err := parse(flags, args); err != nil {
		return err
	}
	if o.Counts, err = parseCounts("-messages", *messages, bench.DeletedMessages); err != nil {
		return err
	}
	if o.Load, err = client.ParseLoad(*octets); err != nil {
		return err
	}
	if err := checkServer(flags, o.Options); err != nil {
		return err
	}
	return bench.Start(o, out)
}
