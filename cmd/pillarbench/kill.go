package main

import (
	"flag"
	"io"
	"time"

	"pillarbox/cmd/pillarbench/crash"
)

// runKill is the subcommand.
func runKill(args []string, out io.Writer) error {
	var o crash.KillOptions
	flags := flag.NewFlagSet("pillarbench kill", flag.ContinueOnError)
	flags.StringVar(&o.Binary, "pillarbox", "", "the pillarbox `binary`")
	flags.IntVar(&o.Rounds, "rounds", 20, "kills under load")
	flags.IntVar(&o.Senders, "senders", 4, "SMTP connections at a time")
	flags.StringVar(&o.Capacity, "capacity", "32MiB", "of the spool; the smallest, so that it has to make room")
	flags.Uint64Var(&o.Seed, "seed", uint64(time.Now().UnixNano()), "of the random choices, to repeat a run")
	flags.DurationVar(&o.Limit, "limit", 2*time.Minute, "for the whole run")
	if err := parse(flags, args); err != nil {
		return err
	}
	if o.Binary == "" {
		return needed(flags, "-pillarbox is needed")
	}
	return crash.Kill(o, out)
}
