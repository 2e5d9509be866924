package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
	"time"

	"pillarbox/cmd/pillarbench/measure"
	"pillarbox/cmd/pillarbench/suite"
)

// runSuite plays the transcripts of the suite against a server and prints a table of verdicts.
func runSuite(args []string, out io.Writer) error {
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
	flags.BoolVar(&server.Slow, "slow", false, "also run the cases that take ten minutes")
	notes := flags.String("note", "", noteUsage)
	name := flags.String("name", "pillarbox", "the server's `name` in that file")
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
		fmt.Fprintln(flags.Output(), "suite: -pop3 is needed to read the maildrop")
		return errUsage
	}
	if ports["smtp"] == "" && ports["lmtp"] == "" && server.Deliver == "" {
		fmt.Fprintln(flags.Output(), "suite: -smtp, -lmtp or -deliver is needed to deliver messages")
		return errUsage
	}
	var book measure.Notes
	if err := book.Open("suite", *notes); err != nil {
		return err
	}
	return verdicts(&server, suite.Cases(flags.Args()...), out, func(verdict suite.Verdict, cases int) {
		book.Add("cases", *name, strings.ToLower(string(verdict)), float64(cases))
	})
}

// verdicts runs cases and prints a line for each. It calls note with the number of cases of each
// verdict.
func verdicts(server *suite.Server, cases []suite.Case, out io.Writer, note func(suite.Verdict, int)) error {
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
	for _, verdict := range []suite.Verdict{suite.Passed, suite.Failed, suite.Absent} {
		note(verdict, count[verdict])
	}
	fmt.Fprintf(out, "%d passed, %d failed, %d absent\n", count[suite.Passed], count[suite.Failed], count[suite.Absent])
	switch {
	case len(cases) == 0:
		return errors.New("no case has such a name")
	case count[suite.Failed] > 0:
		return fmt.Errorf("%d cases failed", count[suite.Failed])
	}
	return nil
}
