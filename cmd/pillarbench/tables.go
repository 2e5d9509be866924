package main

import (
	"flag"
	"io"
	"os"

	"pillarbox/cmd/pillarbench/bench"
)

// runTables is the subcommand.
func runTables(args []string, out io.Writer) error {
	set := flag.NewFlagSet("pillarbench tables", flag.ContinueOnError)
	notes := set.String("notes", "cmd/pillarbench/results.tsv", "the `file` that -note of the benchmarks has filled")
	path := set.String("document", "cmd/pillarbench/README.md", "the Markdown `file` whose tables are replaced")
	if err := parse(set, args); err != nil {
		return err
	}
	document, err := os.ReadFile(*path)
	if err != nil {
		return err
	}
	if document, err = bench.Tables(*notes, document); err != nil {
		return err
	}
	return os.WriteFile(*path, document, 0o666)
}
