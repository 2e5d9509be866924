// Command pillarbox is a mail box for a home network: mail comes in by SMTP, lies in a spool made for flash,
// and goes out by POP3.
//
// Its exit codes: 0 it is done; 1 it could not be done, and standard error says why and what to do;
// 2 the command line makes no sense. As sendmail it has those of sysexits.h (package sendmail).
package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"strings"

	"pillarbox/appliance/config"
)

// A command is one row of the table of subcommands.
type command struct {
	name string
	args string // behind the name
	does string
	run  func(c *call) error
}

// commands is the table of subcommands, in the order they are told.
func commands() []command {
	return []command{
		{"serve", "[-config FILE]", "run the box in the foreground", serve},
		{"check-config", "[-config FILE]", "say what is wrong with a configuration", checkConfig},
		{"user", "add|passwd|list|remove|restore ... [NAME]", "who has a mailbox, and what comes back from its bin; also while the box runs", user},
		{"spool", "stat|verify|compact|hold|export|import ...", "look after the mail that is kept; also while the box runs", spoolVerb},
		{"health", "[-config FILE] [-json]", "ask the box that runs what it has proven, and since when; exit code 1: not all", health},
		{"sendmail", sendmailArgs, "hand a letter to the box, as sendmail(8) does", sendMail},
		{"version", "", "say which version this is", showVersion},
	}
}

// A call is one call of the program.
type call struct {
	command        command
	args           []string
	stdin          *os.File
	stdout, stderr io.Writer
}

const (
	exitDone  = 0
	exitError = 1
	exitUsage = 2
)

// errUsage: the command line makes no sense.
type errUsage struct{ text string }

func (e errUsage) Error() string { return e.text }

func main() {
	if code, called := calledAs(os.Args, os.Stdin, os.Stdout, os.Stderr); called {
		os.Exit(code)
	}
	os.Exit(run(os.Args[1:], os.Stdin, os.Stdout, os.Stderr))
}

// run runs a command line and returns the exit code.
func run(args []string, stdin *os.File, stdout, stderr io.Writer) int {
	if len(args) == 0 {
		usage(stderr)
		return exitUsage
	}
	switch args[0] {
	case "help", "-h", "-help", "--help":
		usage(stdout)
		return exitDone
	}
	for _, c := range commands() {
		if c.name == args[0] {
			return report(&call{c, args[1:], stdin, stdout, stderr})
		}
	}
	fmt.Fprintf(stderr, "pillarbox: there is no command %q; these are:\n\n", args[0])
	usage(stderr)
	return exitUsage
}

// report runs a command and tells its error.
func report(c *call) int {
	err := c.command.run(c)
	var wrong errUsage
	switch {
	case err == nil:
		return exitDone
	case errors.Is(err, flag.ErrHelp):
		fmt.Fprintf(c.stdout, "%s\n\n%s.\n", c.command.usage(), sentence(c.command.does))
		return exitDone
	case errors.As(err, &wrong):
		fmt.Fprintf(c.stderr, "pillarbox %s: %v\n%s\n", c.command.name, err, c.command.usage())
		return exitUsage
	}
	fmt.Fprintf(c.stderr, "pillarbox %s: %v\n", c.command.name, err)
	if code, ok := exitCode(err); ok {
		return code
	}
	return exitError
}

// usage says in a line how the command is called.
func (c command) usage() string {
	return strings.TrimSuffix("usage: pillarbox "+c.name+" "+c.args, " ")
}

func usage(w io.Writer) {
	fmt.Fprint(w, "pillarbox: a mail box for a home network\n\n")
	for _, c := range commands() {
		fmt.Fprintf(w, "  pillarbox %-13s %-46s %s\n", c.name, c.args, c.does)
	}
	fmt.Fprintf(w, "\nWithout -config it reads %s if that is there.\nTo begin: pillarbox serve\n", config.SystemFile)
}

func sentence(s string) string { return strings.ToUpper(s[:1]) + s[1:] }

// parse reads -config, anywhere among the arguments, and returns the others, of which there are at most most.
func (c *call) parse(args []string, most int) (file string, rest []string, err error) {
	flags := flag.NewFlagSet(c.command.name, flag.ContinueOnError)
	flags.StringVar(&file, "config", "", "")
	rest, err = parseFlags(flags, args, most)
	return file, rest, err
}

// parseFlags reads flags, anywhere among the arguments, and returns the others, of which there are at most most.
func parseFlags(flags *flag.FlagSet, args []string, most int) (rest []string, err error) {
	flags.SetOutput(io.Discard)
	for {
		if err := flags.Parse(args); err != nil {
			if errors.Is(err, flag.ErrHelp) {
				return nil, err
			}
			return nil, errUsage{err.Error()}
		}
		if args = flags.Args(); len(args) == 0 {
			break
		}
		rest, args = append(rest, args[0]), args[1:]
	}
	if len(rest) > most {
		return nil, errUsage{fmt.Sprintf("%q is one argument too many", rest[most])}
	}
	return rest, nil
}

// configuration reads the configuration of a command that has no other argument than -config.
func (c *call) configuration() (*config.Config, string, error) {
	file, _, err := c.parse(c.args, 0)
	if err != nil {
		return nil, "", err
	}
	found, err := find(file)
	return found, file, err
}

// find reads the file, or what holds without one.
func find(file string) (*config.Config, error) {
	c, err := config.Find(file, config.Machine())
	var report *config.Report
	if errors.As(err, &report) {
		return nil, fmt.Errorf("the configuration cannot be used:\n%w", err)
	}
	return c, err
}
