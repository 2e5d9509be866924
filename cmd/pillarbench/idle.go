package main

import (
	"flag"
	"io"

	"pillarbox/cmd/pillarbench/bench"
)

// runIdle is the subcommand.
func runIdle(args []string, out io.Writer) (err error) {
	var o bench.IdleOptions
	flags := flag.NewFlagSet("pillarbench idle", flag.ContinueOnError)
	serverFlags(flags, &o.Options)
	runningFlags(flags, &o.Running)
	counts := flags.String("sessions", "100,500,1000,2000", "sessions at a time, ascending; rows of the table")
	flags.IntVar(&o.Runs, "runs", 3, "runs, of which the median is printed")
	flags.IntVar(&o.Burst, "burst", bench.IdleBurst, "sessions that are opened and ended; the limit is for that number")
	flags.StringVar(&o.Kernel, "kernel", "", "tls.kernel of the server; `on` adds a limit")
	if err := parse(flags, args); err != nil {
		return err
	}
	if o.Counts, err = parseCounts("-sessions", *counts, 1); err != nil {
		return err
	}
	if o.Running.PID == 0 {
		if err := checkServer(flags, o.Options); err != nil {
			return err
		}
	}
	return bench.Idle(o, out)
}
