package main

import (
	"flag"
	"io"

	"pillarbox/cmd/pillarbench/bench"
)

// runPlot is the subcommand.
func runPlot(args []string, out io.Writer) error {
	set := flag.NewFlagSet("pillarbench plot", flag.ContinueOnError)
	path := set.String("notes", "", "the `file` that -note of the benchmarks has filled")
	if err := parse(set, args); err != nil {
		return err
	}
	return bench.Plot(*path, out)
}
