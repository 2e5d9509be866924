package main

import (
	"flag"
	"io"

	"pillarbox/cmd/pillarbench/crash"
)

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
