package main

import (
	"flag"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"

	"pillarbox/cmd/pillarbench/bare"
	"pillarbox/cmd/pillarbench/bench"
	"pillarbox/cmd/pillarbench/client"
)

// runFloor is the subcommand: it serves until its standard input ends.
func runFloor(args []string, out io.Writer) error {
	flags := flag.NewFlagSet("pillarbench floor", flag.ContinueOnError)
	body := flags.String("body", "", "a `file` with the stored bytes of a message, which each RETR is answered with")
	spool := flags.String("spool", "", "a `file` to write mail into")
	if err := parse(flags, args); err != nil {
		return err
	}
	var err error
	switch {
	case *body != "":
		err = bare.ServeBody(*body, out)
	case *spool != "":
		err = bare.ServeIntake(*spool, out)
	default:
		return errUsage
	}
	if err != nil {
		return err
	}
	fmt.Fprintln(out, "ready")
	_, err = io.Copy(io.Discard, os.Stdin)
	return err
}

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
	flags.IntVar(&o.Import, "import", 0, "messages of 4 KiB that pillarbox imports from a file, in a row of their own")
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

// runPlot is the subcommand.
func runPlot(args []string, out io.Writer) error {
	set := flag.NewFlagSet("pillarbench plot", flag.ContinueOnError)
	path := set.String("notes", "", "the `file` that -note of the benchmarks has filled")
	if err := parse(set, args); err != nil {
		return err
	}
	return bench.Plot(*path, out)
}
