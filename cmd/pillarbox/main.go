// Command pillarbox is a mail server for a home network: it accepts mail by SMTP and LMTP, keeps it
// in a spool made for flash, and serves it by POP3.
//
// Exit codes: 0 done; 1 failed, and standard error says why and what to do; 2 usage. As sendmail it
// has the codes of sysexits.h (package sendmail).
package main

import (
	"fmt"
	"io"
	"os"

	sender "pillarbox/appliance/outbound/child"
	"pillarbox/appliance/remote/child"
)

func (e errUsage) Error() string { return e.text }

func main() {
	if code, called := calledAs(os.Args, os.Stdin, os.Stdout, os.Stderr); called {
		os.Exit(code)
	}
	if len(os.Args) == 2 && os.Args[1] == child.Command {
		os.Exit(child.Main())
	}
	if len(os.Args) == 2 && os.Args[1] == sender.Command {
		os.Exit(sender.Main())
	}
	os.Exit(run(os.Args[1:], os.Stdin, os.Stdout, os.Stderr))
}

// run runs a command line and returns the exit code.
func run(args []string, stdin *os.File, stdout, stderr io.Writer) int {
	table := commands()
	if len(args) == 0 {
		fmt.Fprint(stderr, overview(table))
		return exitUsage
	}
	switch args[0] {
	case "-h", "-help", "--help":
		args = append([]string{"help"}, args[1:]...)
	case "-v", "-version", "--version":
		args = append([]string{"version"}, args[1:]...)
	}
	row, rest, err := lookUp(table, args)
	if err != nil {
		fmt.Fprintln(stderr, err)
		return exitUsage
	}
	return report(&call{row, rest, stdin, stdout, stderr, table})
}
