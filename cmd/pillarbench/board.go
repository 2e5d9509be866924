package main

import (
	"flag"
	"io"
	"time"

	"pillarbox/cmd/pillarbench/testbed"
)

// runBoard is the subcommand.
func runBoard(args []string, out io.Writer) error {
	var o testbed.Options
	set := flag.NewFlagSet("pillarbench board", flag.ContinueOnError)
	bedFlags(set, &o)
	part := set.String("part", "mail", "mail, watchdog, or hour")
	long := set.Duration("duration", time.Hour, "of the load of part hour, whole minutes")
	limit := set.Duration("limit", 30*time.Minute, "for the whole run except that load")
	if err := parse(set, args); err != nil {
		return err
	}
	if err := checkBed(set, o); err != nil {
		return err
	}
	return testbed.Run(o, *part, *long, *limit, out)
}
