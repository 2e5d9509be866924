package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
	"time"

	"pillarbox/cmd/pillarbench/suite"
)

// holdToRFCs plays the transcripts of the suite against a server and prints a table of verdicts.
func holdToRFCs(args []string, out io.Writer) error {
	flags := flag.NewFlagSet("suite", flag.ContinueOnError)
	ports := make(map[string]string)
	for _, protocol := range []string{"pop3", "pop3s", "smtp", "smtps", "lmtp"} {
		flags.Func(protocol, "the server's port for "+protocol+", `host:port`", func(address string) error {
			ports[protocol] = address
			return nil
		})
	}
	server := suite.Server{Ports: ports}
	flags.StringVar(&server.User, "user", "anna", "login name of an account whose mail may be deleted")
	flags.StringVar(&server.Password, "password", "", "its password")
	flags.StringVar(&server.Address, "address", "", "its address (default: the user at home.arpa)")
	flags.StringVar(&server.Deliver, "deliver", "", "shell `command` that delivers its standard input (default: by SMTP, else LMTP)")
	flags.BoolVar(&server.Slow, "slow", false, "play also the cases that take ten minutes")
	flags.DurationVar(&server.Patience, "patience", 10*time.Second, "how long a reply may take")
	if err := flags.Parse(args); err != nil {
		if errors.Is(err, flag.ErrHelp) {
			return err
		}
		return errUsage
	}
	if server.Address == "" {
		server.Address = server.User + "@home.arpa"
	}
	if ports["pop3"] == "" {
		fmt.Fprintln(flags.Output(), "suite: -pop3 is needed, for the maildrop is looked at by it")
		return errUsage
	}
	if ports["smtp"] == "" && ports["lmtp"] == "" && server.Deliver == "" {
		fmt.Fprintln(flags.Output(), "suite: -smtp, -lmtp or -deliver is needed, for it brings its own mail")
		return errUsage
	}
	return verdicts(&server, suite.Cases(flags.Args()...), out)
}

// verdicts plays cases and prints a line for each.
func verdicts(server *suite.Server, cases []suite.Case, out io.Writer) error {
	table := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	count := make(map[suite.Verdict]int)
	for _, c := range cases {
		verdict, what := server.Play(c)
		count[verdict]++
		row := []string{string(verdict), c.Protocol + "/" + c.Name, c.Section}
		if what != "" {
			row = append(row, what)
		}
		fmt.Fprintln(table, strings.Join(row, "\t"))
	}
	table.Flush()
	fmt.Fprintf(out, "%d passed, %d failed, %d absent\n", count[suite.Passed], count[suite.Failed], count[suite.Absent])
	switch {
	case len(cases) == 0:
		return errors.New("no case has such a name")
	case count[suite.Failed] > 0:
		return fmt.Errorf("%d cases failed", count[suite.Failed])
	}
	return nil
}
