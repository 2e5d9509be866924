package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
)

// Exit codes: exitFailed if the server failed the test or the test could not run, exitUsage if the
// command line is wrong.
const (
	exitFailed = 1
	exitUsage  = 2
)

// subcommands are the possible first arguments.
var subcommands = [...]struct {
	name    string
	summary string
	run     func(args []string, out io.Writer) error
}{
	{"kill", "kill -9 under load, then look for every acknowledged message", runKill},
	{"suite", "hold any POP3, SMTP or LMTP server to the RFCs", runSuite},
	{"restore", "restore an old copy of the state: does a unique-id name two messages?", runRestore},
	{"wear", "device bytes, flushes and CPU for a message, of pillarbox or another server", runWear},
	{"hostile", "a known client among thousands of hostile ones: is it served, and what is left?", runHostile},
	{"board", "pillarbox on an emulated board: mail, memory and watchdog", runBoard},
	{"retr", "CPU and speed of mail out, beside a bare server and other servers", runRetr},
	{"ingest", "CPU and speed of mail in, beside a bare server and other servers", runIngest},
	{"login", "CPU and time of a login, STAT, LIST and UIDL of large mailboxes", runLogin},
	{"delete", "CPU, time, octets and flushes of removing 100 messages", runDelete},
	{"fetch", "fetching from a provider, beside fetchmail and getmail into Dovecot", runFetch},
	{"send", "sending through a smarthost, beside Postfix as the queue", runSend},
	{"plot", "draw the figures that the benchmarks have noted", runPlot},
	{"tables", "write the tables of README.md from the figures that the benchmarks have noted", runTables},
	{"floor", "the bare server that others are compared with", runFloor},
	{"idle", "private memory at rest: without sessions, with many, after many", runIdle},
	{"cut", "power cuts of an emulated board: is every acknowledged message there?", runCut},
	{"start", "cost of a start, a first login and a deletion with many messages", runStart},
}

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
