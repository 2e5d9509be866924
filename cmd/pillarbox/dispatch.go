package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"strings"

	"pillarbox/appliance/config"
)

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

// splitCommand separates the flags of this program from the command line of another one, which
// begins with the first word that is neither a flag nor its value.
func splitCommand(args []string) (own, foreign []string) {
	for i := 0; i < len(args); i++ {
		switch {
		case args[i] == "--":
			return args[:i], args[i+1:]
		case args[i] == "-config" || args[i] == "--config":
			i++
		case args[i] == "" || args[i][0] != '-':
			return args[:i], args[i:]
		}
	}
	return args, nil
}

// exitCode returns the exit code of an error that has one.
func exitCode(err error) (code int, ok bool) {
	var coded interface{ ExitCode() int }
	if !errors.As(err, &coded) {
		return 0, false
	}
	return coded.ExitCode(), true
}
