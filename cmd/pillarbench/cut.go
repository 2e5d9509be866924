package main

import (
	"flag"
	"io"
	"time"

	"pillarbox/cmd/pillarbench/crash"
)

// runCut is the subcommand.
func runCut(args []string, out io.Writer) error {
	var o crash.CutOptions
	set := flag.NewFlagSet("pillarbench cut", flag.ContinueOnError)
	bedFlags(set, &o.Bed)
	set.IntVar(&o.Cuts, "cuts", 10, "power cuts")
	set.IntVar(&o.Senders, "senders", 4, "SMTP connections at a time")
	set.Uint64Var(&o.Seed, "seed", uint64(time.Now().UnixNano()), "of the random choices: which request is cut, and what is left of the cache")
	set.BoolVar(&o.Harsh, "harsh", false, "drop the cache at each cut, under load, and remove no messages")
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
