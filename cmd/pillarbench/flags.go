package main

import (
	"errors"
	"flag"
	"fmt"
	"time"

	"pillarbox/cmd/pillarbench/bench"
	"pillarbox/cmd/pillarbench/client"
	"pillarbox/cmd/pillarbench/server"
	"pillarbox/cmd/pillarbench/testbed"
)

// errUsage is returned after the flag package has printed what is wrong.
var errUsage = errors.New("wrong usage")

// needed prints that a flag is missing or wrong, as the flag package does.
func needed(set *flag.FlagSet, text string) error {
	fmt.Fprintf(set.Output(), "%s: %s\n", set.Name(), text)
	return errUsage
}

// parse parses the flags of a subcommand without other arguments.
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

// noteUsage explains -note.
const noteUsage = "a `file` to append the figures to, for the plot and the tables"

// serverFlags adds the flags of subcommands that measure one server.
func serverFlags(set *flag.FlagSet, o *server.Options) {
	set.StringVar(&o.Name, "server", server.Own, "`name` of the server: "+server.Own+", or one of -peers")
	set.StringVar(&o.Binary, "pillarbox", "", "the pillarbox `binary`")
	set.StringVar(&o.Peers, "peers", "scripts/peers.sh", "the `script` that starts other servers")
	set.StringVar(&o.Folder, "folder", "", "an empty `folder` on the device to measure, for all that the server writes except its log")
	set.StringVar(&o.Label, "label", "", "`text` for the first column, the file system")
	set.StringVar(&o.Notes, "note", "", noteUsage)
}

// checkServer checks serverFlags.
func checkServer(set *flag.FlagSet, o server.Options) error {
	if o.Folder == "" || o.Name == server.Own && o.Binary == "" {
		return needed(set, "-folder is needed, and -pillarbox for "+server.Own)
	}
	return nil
}

// runningFlags adds the flags for a server that runs already.
func runningFlags(set *flag.FlagSet, g *server.Running) {
	set.IntVar(&g.PID, "pid", 0, "`process` of a server that runs already; its children count, too")
	set.StringVar(&g.POP3, "pop3", "", "its `address`")
	set.StringVar(&g.POP3S, "pop3s", "", "its `address` for implicit TLS, if it has one")
	set.StringVar(&g.User, "user", client.Mailbox(0), "its `account`")
	set.StringVar(&g.Password, "password", client.Password, "the `secret` of that account")
}

// comparisonFlags adds the flags of subcommands that compare servers.
func comparisonFlags(set *flag.FlagSet, o *bench.ComparisonOptions) {
	set.IntVar(&o.Rounds, "runs", 5, "runs of a row, of which the median is printed")
	set.DurationVar(&o.Period, "period", 200*time.Millisecond, "duration of a run")
	set.StringVar(&o.Names, "servers", server.Own, "`names` of the servers, separated by commas: "+server.Own+", and those of -peers")
	set.StringVar(&o.Binary, "pillarbox", "", "the pillarbox `binary`")
	set.StringVar(&o.Peers, "peers", "scripts/peers.sh", "the `script` that starts other servers")
	set.StringVar(&o.Folder, "folder", "", "an empty `folder` for all that the servers write")
	set.StringVar(&o.Notes, "note", "", noteUsage)
}

// checkComparison checks comparisonFlags.
func checkComparison(set *flag.FlagSet, o bench.ComparisonOptions) error {
	if o.Folder == "" || o.Binary == "" {
		return needed(set, "-pillarbox and -folder are needed")
	}
	return nil
}

// bedFlags adds the flags of subcommands that need a board.
func bedFlags(set *flag.FlagSet, o *testbed.Options) {
	set.StringVar(&o.Binary, "pillarbox", "", "the pillarbox `binary`, static, for arm64 or armv7")
	set.StringVar(&o.Machine, "machine", "virt", "virt (arm64 or armv7) or imx6ul (armv7)")
	set.StringVar(&o.Guest, "guest", "", "the `folder` that scripts/qemu/guest.sh has made for the machine")
	set.StringVar(&o.Filesystem, "filesystem", "ext4", "of the disk: ext4 or f2fs")
	set.StringVar(&o.Mount, "mount", "noatime", "`options` for mount")
	set.IntVar(&o.Memory, "memory", 64, "of the board in MiB")
	set.DurationVar(&o.Patience, "patience", 10*time.Minute, "for one step of the guest")
}

// checkBed checks bedFlags.
func checkBed(set *flag.FlagSet, o testbed.Options) error {
	if o.Binary == "" || o.Guest == "" {
		return needed(set, "-pillarbox and -guest are needed")
	}
	return nil
}
