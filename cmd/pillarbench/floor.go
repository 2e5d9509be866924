package main

import (
	"flag"
	"fmt"
	"io"
	"os"

	"pillarbox/cmd/pillarbench/bare"
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
