package main

import (
	"flag"
	"io"

	"pillarbox/cmd/pillarbench/bench"
	"pillarbox/cmd/pillarbench/client"
)

// runIngest is the subcommand.
func runIngest(args []string, out io.Writer) error {
	var c bench.ComparisonOptions
	flags := flag.NewFlagSet("pillarbench ingest", flag.ContinueOnError)
	comparisonFlags(flags, &c)
	sizes := flags.String("sizes", "4k,64k,1024k", "octets a message; rows of the table")
	senders := flags.String("senders", "1,16", "connections at a time, 1 to 16; rows of the table")
	if err := parse(flags, args); err != nil {
		return err
	}
	loads, err := parseLoads(*sizes)
	if err != nil {
		return err
	}
	numbers, err := parseNumbers("-senders", *senders, client.MaxConnections)
	if err != nil {
		return err
	}
	if err := checkComparison(flags, c); err != nil {
		return err
	}
	return bench.Ingest(c, loads, numbers, out)
}
