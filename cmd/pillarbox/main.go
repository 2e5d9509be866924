// Command pillarbox is a mail server for a home network: it accepts mail by SMTP and LMTP, keeps it
// in a spool made for flash, and serves it by POP3.
//
// Exit codes: 0 done; 1 failed, and standard error says why and what to do; 2 usage. As sendmail it
// has the codes of sysexits.h (package sendmail).
package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	"pillarbox/appliance/config"
	sender "pillarbox/appliance/outbound/child"
	"pillarbox/appliance/remote/child"
)

// A call is one call of the program.
type call struct {
	command        command
	args           []string // for run of a command with flags: its operands
	stdin          *os.File
	stdout, stderr io.Writer
}

const (
	exitDone  = 0
	exitError = 1
	exitUsage = 2
)

// errUsage reports a wrong command line.
type errUsage struct{ text string }

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
	if len(args) == 0 {
		fmt.Fprint(stderr, overview())
		return exitUsage
	}
	switch args[0] {
	case "-h", "-help", "--help":
		args = append([]string{"help"}, args[1:]...)
	case "-v", "-version", "--version":
		args = append([]string{"version"}, args[1:]...)
	}
	row, rest, err := lookUp(args)
	if err != nil {
		fmt.Fprintln(stderr, err)
		return exitUsage
	}
	return report(&call{row, rest, stdin, stdout, stderr})
}

// lookUp finds the command that a command line begins with, and the arguments after it. The error
// is one line.
func lookUp(args []string) (found command, rest []string, err error) {
	within, rows := "pillarbox", commands()
	for {
		at := slices.IndexFunc(rows, func(c command) bool { return c.word() == args[0] })
		if at < 0 {
			return command{}, nil, unknownCommand(within, args[0], rows)
		}
		found, args = rows[at], args[1:]
		within, rows = "pillarbox "+found.name, found.below
		if len(rows) == 0 || len(args) == 0 || strings.HasPrefix(args[0], "-") {
			return found, args, nil
		}
	}
}

// unknownCommand is the error for a name that no row has.
func unknownCommand(within, name string, rows []command) error {
	var words []string
	for _, row := range rows {
		words = append(words, row.word())
	}
	advice := fmt.Sprintf("; run %q", strings.Replace(within, "pillarbox", "pillarbox help", 1))
	if near := config.Nearest(name, words); near != "" {
		advice = fmt.Sprintf("; did you mean %q?", near)
	}
	return fmt.Errorf("%s: unknown command %q%s", within, name, advice)
}

// report runs a command and reports its error.
func report(c *call) int {
	err := c.do()
	var wrong errUsage
	switch {
	case err == nil:
		return exitDone
	case errors.Is(err, flag.ErrHelp):
		fmt.Fprint(c.stdout, c.command.help())
		return exitDone
	case errors.As(err, &errLine{}):
		fmt.Fprintln(c.stderr, err)
		return exitUsage
	case errors.As(err, &wrong):
		fmt.Fprintf(c.stderr, "pillarbox %s: %v\n%s", c.command.name, err, c.command.usage())
		fmt.Fprintf(c.stderr, "Run \"pillarbox help %s\" for its flags.\n", c.command.name)
		return exitUsage
	}
	fmt.Fprintf(c.stderr, "pillarbox %s: %v\n", c.command.name, err)
	if code, ok := exitCode(err); ok {
		return code
	}
	return exitError
}

// do reads the flags of a command, counts its operands and runs it.
func (c *call) do() error {
	row := &c.command
	switch {
	case len(row.below) > 0:
		return row.missing(c.args)
	case row.flags == nil: // sendmail reads its own
		return row.run(c)
	}
	args, foreign := c.args, []string(nil)
	if row.foreign {
		args, foreign = splitCommand(args)
	}
	rest, err := parseFlags(row.flagSet(), args, row.most)
	if err != nil {
		return err
	}
	c.args = append(rest, foreign...)
	if len(c.args) < len(row.operands) {
		return errUsage{row.operands[len(c.args)] + " is missing"}
	}
	return row.run(c)
}

// missing is the error of a group of commands that is called without one of them.
func (c command) missing(args []string) error {
	var words []string
	for _, row := range c.below {
		words = append(words, row.word())
	}
	if len(args) > 0 {
		if _, err := parseFlags(flag.NewFlagSet(c.name, flag.ContinueOnError), args, 0); err != nil {
			return err
		}
	}
	last := len(words) - 1
	return errLine{fmt.Errorf("pillarbox %s: which command? %s or %s", c.name, strings.Join(words[:last], ", "), words[last])}
}

// parseFlags reads flags, anywhere among the arguments, and returns the operands, at most most.
func parseFlags(flags *flag.FlagSet, args []string, most int) (rest []string, err error) {
	flags.SetOutput(io.Discard)
	for {
		if err := flags.Parse(args); err != nil {
			if errors.Is(err, flag.ErrHelp) {
				return nil, err
			}
			return nil, errUsage{flagError(flags, err)}
		}
		if args = flags.Args(); len(args) == 0 {
			break
		}
		rest, args = append(rest, args[0]), args[1:]
	}
	if len(rest) > most {
		return nil, errUsage{fmt.Sprintf("unexpected argument %q", rest[most])}
	}
	return rest, nil
}

// flagError returns the text of an error of package flag, with the nearest flag for an unknown one.
func flagError(flags *flag.FlagSet, err error) string {
	name, unknown := strings.CutPrefix(err.Error(), "flag provided but not defined: -")
	if !unknown {
		return err.Error()
	}
	var names []string
	flags.VisitAll(func(f *flag.Flag) { names = append(names, f.Name) })
	if near := config.Nearest(name, names); near != "" {
		return fmt.Sprintf("unknown flag -%s; did you mean -%s?", name, near)
	}
	return "unknown flag -" + name
}

// find reads the configuration file, or returns the defaults if there is none.
func find(file string) (*config.Config, error) { return findIn(file, config.Machine()) }

func findIn(file string, env config.Environment) (*config.Config, error) {
	c, err := config.Find(file, env)
	var report *config.Report
	if errors.As(err, &report) {
		return nil, fmt.Errorf("the configuration cannot be used:\n%w", err)
	}
	if errors.Is(err, os.ErrPermission) {
		err = fmt.Errorf("%w for user %d; run this with sudo, or let that user read the file (chmod a+r)", err, os.Geteuid())
	}
	return c, err
}
