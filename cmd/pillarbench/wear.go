package main

import (
	"flag"
	"fmt"
	"io"
	"strconv"
	"strings"

	"pillarbox/cmd/pillarbench/bench"
	"pillarbox/cmd/pillarbench/client"
)

// runWear is the subcommand.
func runWear(args []string, out io.Writer) error {
	var o bench.WearOptions
	flags := flag.NewFlagSet("pillarbench wear", flag.ContinueOnError)
	serverFlags(flags, &o.Options)
	loads := flags.String("loads", "4k,16k,64k,mix", "octets a message, or mix: log-normal with a mean of 19.2 KiB; rows of the table")
	senders := flags.String("senders", "1,16", "connections at a time, 1 to 16; rows of the table")
	flags.IntVar(&o.Messages, "messages", 500, "messages a row; fewer if they are larger than 16 MiB")
	flags.IntVar(&o.Runs, "runs", 3, "runs of a row, of which the median is printed")
	flags.DurationVar(&o.Pause, "pause", 0, "pause after each message, of a single sender; then what the file system caches at the end is not written out")
	flags.BoolVar(&o.Guard, "guard", false, "fail when pillarbox exceeds its budgets")
	if err := parse(flags, args); err != nil {
		return err
	}
	rows, err := parseRows(*loads, *senders)
	if err != nil {
		return err
	}
	if err := checkServer(flags, o.Options); err != nil {
		return err
	}
	return bench.Wear(o, rows, out)
}

// parseRows parses the loads and the numbers of senders of the table.
func parseRows(loads, senders string) ([]bench.WearRow, error) {
	var rows []bench.WearRow
	for _, text := range strings.Split(loads, ",") {
		l, err := client.ParseLoad(text)
		if err != nil {
			return nil, err
		}
		for _, text := range strings.Split(senders, ",") {
			n, err := strconv.Atoi(text)
			if err != nil || n < 1 || n > client.MaxConnections {
				return nil, fmt.Errorf("-senders: %q is not 1 to %d", text, client.MaxConnections)
			}
			rows = append(rows, bench.WearRow{Load: l, Senders: n})
		}
	}
	return rows, nil
}
