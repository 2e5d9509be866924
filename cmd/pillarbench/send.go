package main

import (
	"flag"
	"io"
	"strings"

	"pillarbox/cmd/pillarbench/bench"
	"pillarbox/cmd/pillarbench/server"
)

// runSend is the subcommand.
func runSend(args []string, out io.Writer) (err error) {
	var o bench.SendOptions
	flags := flag.NewFlagSet("pillarbench send", flag.ContinueOnError)
	names := flags.String("queues", server.Own, "`names`, separated by commas: "+server.Own+", postfix")
	loads := flags.String("loads", "4k,mix", "octets a message, or mix: log-normal with a mean of 19.2 KiB; rows of the table")
	flags.StringVar(&o.Binary, "pillarbox", "", "the pillarbox `binary`")
	flags.StringVar(&o.Peers, "peers", "scripts/peers.sh", "the `script` that starts other servers")
	flags.StringVar(&o.Folder, "folder", "", "an empty `folder` on the device to measure, for all that the queues write except their log")
	flags.StringVar(&o.Notes, "note", "", noteUsage)
	flags.IntVar(&o.Messages, "messages", 2000, "messages a row")
	flags.IntVar(&o.Runs, "runs", 3, "runs of a row, of which the median is printed")
	flags.IntVar(&o.Waiting, "waiting", 100, "messages that wait while the smarthost is dead, and are tried again; 0: none")
	if err := parse(flags, args); err != nil {
		return err
	}
	if o.Loads, err = parseLoads(*loads); err != nil {
		return err
	}
	o.Queues = strings.Split(*names, ",")
	if o.Folder == "" || o.Binary == "" {
		return needed(flags, "-pillarbox and -folder are needed")
	}
	if o.Messages < 1 || o.Runs < 1 || o.Waiting < 0 {
		return needed(flags, "a number is too small")
	}
	return bench.Send(o, out)
}
