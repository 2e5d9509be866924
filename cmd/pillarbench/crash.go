package main

import (
	"flag"
	"io"
	"time"

	"pillarbox/cmd/pillarbench/crash"
	"pillarbox/cmd/pillarbench/testbed"
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

// runCut is the subcommand.
func runCut(args []string, out io.Writer) error {
	var o crash.CutOptions
	set := flag.NewFlagSet("pillarbench cut", flag.ContinueOnError)
	bedFlags(set, &o.Bed)
	set.IntVar(&o.Cuts, "cuts", 10, "power cuts")
	set.IntVar(&o.Senders, "senders", 4, "SMTP connections at a time")
	set.Uint64Var(&o.Seed, "seed", uint64(time.Now().UnixNano()), "of the random choices: which request is cut, and what is left of the cache")
	set.BoolVar(&o.Harsh, "harsh", false, "drop the cache at each cut, under load, and remove no messages")
	set.BoolVar(&o.Remote, "remote", false, "fetch mail from a provider, and send through it, during the load")
	set.BoolVar(&o.Lossy, "lossy", false, "the server or the mount does not flush: as -harsh, and fail when no acknowledged message is lost")
	set.StringVar(&o.Notes, "note", "", noteUsage)
	set.DurationVar(&o.Limit, "limit", 30*time.Minute, "for the whole run")
	if err := parse(set, args); err != nil {
		return err
	}
	if err := checkBed(set, o.Bed); err != nil {
		return err
	}
	return crash.Cut(o, out)
}

// runRestore is the subcommand.
func runRestore(args []string, out io.Writer) error {
	flags := flag.NewFlagSet("pillarbench restore", flag.ContinueOnError)
	binary := flags.String("pillarbox", "", "the pillarbox `binary`")
	messages := flags.Int("messages", 50, "messages in each run from the state")
	if err := parse(flags, args); err != nil {
		return err
	}
	if *binary == "" {
		return needed(flags, "-pillarbox is needed")
	}
	return crash.Restore(*binary, *messages, out)
}

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
