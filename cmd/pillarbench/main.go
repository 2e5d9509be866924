package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
)

// Exit codes: 1, the box failed the test, or the test could not be run; 2, wrong usage.
const (
	exitFailed = 1
	exitUsage  = 2
)

// subcommands is the whole command line.
var subcommands = [...]struct {
	name    string
	summary string
	run     func(args []string, out io.Writer) error
}{
	{"kill", "kill -9 under load, then look for every acknowledged mail", kill},
	{"suite", "hold any POP3, SMTP or LMTP server to the RFCs", holdToRFCs},
	{"restore", "a copy of the state put back: is a unique-id ever given twice?", restore},
	{"wear", "device bytes, flushes and CPU for a mail, of the box or another server", wear},
	{"hostile", "a good client among thousands of hostile ones: is it served, and what is left?", hostile},
	{"board", "the box on an emulated arm64 board: mail, memory and watchdog", onBoard},
	{"retr", "CPU and speed of mail out, beside a bare server and other servers", retr},
	{"ingest", "CPU and speed of mail in, beside a bare server and other servers", ingest},
	{"login", "CPU and time of a login, STAT, LIST and UIDL of large mailboxes", login},
	{"delete", "CPU, time, octets and flushes of removing 100 mails", remove},
	{"plot", "draws what the benchmarks have noted", plot},
	{"floor", "the bare server that others are compared with", runFloor},
	{"idle", "private memory of a server that rests: without sessions, with many, after many", idle},
	{"cut", "power cuts on an emulated board: is every acknowledged mail there?", cut},
	{"start", "what a start, a first login and a deletion cost with much mail", start},
}

// errUsage is returned after the flag package has said what is wrong.
var errUsage = errors.New("wrong usage")

func main() {
	if len(os.Args) > 1 {
		for _, s := range subcommands {
			if s.name == os.Args[1] {
				os.Exit(exitCode(s.run(os.Args[2:], os.Stdout)))
			}
		}
	}
	fmt.Fprintln(os.Stderr, "usage: pillarbench SUBCOMMAND [flags]")
	for _, s := range subcommands {
		fmt.Fprintf(os.Stderr, "  %-8s %s\n", s.name, s.summary)
	}
	os.Exit(exitUsage)
}

func exitCode(err error) int {
	switch {
	case err == nil, errors.Is(err, flag.ErrHelp):
		return 0
	case errors.Is(err, errUsage):
		return exitUsage
	}
	fmt.Fprintln(os.Stderr, "pillarbench:", err)
	return exitFailed
}

// parse reads the flags of a subcommand, which takes no other arguments.
func parse(flags *flag.FlagSet, args []string) error {
	if err := flags.Parse(args); err != nil {
		if errors.Is(err, flag.ErrHelp) {
			return err
		}
		return errUsage
	}
	if flags.NArg() > 0 {
		fmt.Fprintf(flags.Output(), "%s: unexpected argument %q\n", flags.Name(), flags.Arg(0))
		return errUsage
	}
	return nil
}
