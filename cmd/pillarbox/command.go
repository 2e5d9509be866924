package main

import (
	"flag"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	"pillarbox/appliance/config"
)

// A command is one row of the table of commands. Help, usage lines, completion and the test of the
// manual page read nothing else.
type command struct {
	name  string // with that of the group above: "user add"
	args  string // after the name, as the usage line shows them
	does  string // in a line of the overview: begins with a verb, no full stop
	more  string // of the help; each paragraph begins with a newline, unless it continues the first
	flags func(f *flag.FlagSet)
	notes []flagText // the flags of a command that reads them itself
	run   func(c *call) error

	operands []string // the names of the operands that must be given
	most     int      // operands; those that are given are in c.args
	foreign  bool     // the operands are another program's command line
	noConfig bool     // the command has no -config
	config   *string

	below []command // of a group, which does nothing itself
}

// word is the last word of the name.
func (c command) word() string { return c.name[strings.LastIndexByte(c.name, ' ')+1:] }

// options are what was written on a command line.
type options struct {
	config string
	json   bool
	print  bool
	ca     string
	since  int
	list   bool
	queue  queueOptions
	dry    bool
	paste  bool
}

const jsonFlag = "write JSON; later versions add names and change none"

// flagSet returns the flags of a command. Parsing it sets the options that the command runs with.
func (c command) flagSet() *flag.FlagSet {
	flags := flag.NewFlagSet(c.name, flag.ContinueOnError)
	if !c.noConfig {
		flags.StringVar(c.config, "config", "", "read this configuration `FILE` (default: "+config.SystemFile+" if it exists)")
	}
	c.flags(flags)
	return flags
}

// queueOptions are the flags that select outgoing mail.
type queueOptions struct {
	to, from string
	all      bool
}

// A call is one call of the program.
type call struct {
	command        command
	args           []string // for run of a command with flags: its operands
	stdin          *os.File
	stdout, stderr io.Writer
	table          []command // all commands
}

const (
	exitDone  = 0
	exitError = 1
	exitUsage = 2
)

// errUsage reports a wrong command line.
type errUsage struct{ text string }

// An errLine is a usage error that is complete: no usage line follows.
type errLine struct{ error }

// A flagText explains one flag.
type flagText struct{ name, does string } // the name with its dash and its value: "-config FILE"

// explained returns the flags of a command, in alphabetical order.
func (c command) explained() []flagText {
	if c.flags == nil {
		return c.notes
	}
	var texts []flagText
	c.flagSet().VisitAll(func(f *flag.Flag) {
		value, does := flag.UnquoteUsage(f)
		texts = append(texts, flagText{strings.TrimSuffix("-"+f.Name+" "+value, " "), does})
	})
	return texts
}

// lookUp finds the command that a command line begins with, and the arguments after it. The error
// is one line.
func lookUp(rows []command, args []string) (found command, rest []string, err error) {
	within := "pillarbox"
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
