package main

import (
	"flag"
	"fmt"
	"io"
	"slices"
	"strings"

	"pillarbox/cmd/pillarbench/bench"
	"pillarbox/cmd/pillarbench/provider"
	"pillarbox/cmd/pillarbench/server"
)

// runFetch is the subcommand.
func runFetch(args []string, out io.Writer) (err error) {
	var o bench.FetchOptions
	flags := flag.NewFlagSet("pillarbench fetch", flag.ContinueOnError)
	names := flags.String("fetchers", server.Own, "`names`, separated by commas: "+server.Own+", fetchmail, fetchmail-lda, getmail")
	protocols := flags.String("protocols", provider.POP3+","+provider.IMAP, "rows of the table")
	loads := flags.String("loads", "4k,mix", "octets a message, or mix: log-normal with a mean of 19.2 KiB; rows of the table; none: \"\"")
	flags.StringVar(&o.Binary, "pillarbox", "", "the pillarbox `binary`")
	flags.StringVar(&o.Peers, "peers", "scripts/peers.sh", "the `script` that starts the provider and other servers")
	flags.StringVar(&o.Folder, "folder", "", "an empty `folder` on the device to measure, for all that the fetchers and servers write except their log")
	flags.StringVar(&o.Memory, "memory", "", "an empty `folder` of a file system in memory, for the provider, and for all where only octets on the line count")
	flags.StringVar(&o.Notes, "note", "", noteUsage)
	flags.IntVar(&o.Messages, "messages", 2000, "messages a row")
	flags.IntVar(&o.Runs, "runs", 3, "runs of a row, of which the median is printed")
	flags.IntVar(&o.Left, "left", 5000, "messages left at the provider, which is polled; 0: none")
	flags.IntVar(&o.Polls, "polls", 4, "polls of it")
	flags.IntVar(&o.Breaks, "breaks", 50, "breaks of the line while a message of 25 MB is fetched; 0: none")
	if err := parse(flags, args); err != nil {
		return err
	}
	if *loads != "" {
		if o.Loads, err = parseLoads(*loads); err != nil {
			return err
		}
	}
	o.Fetchers = strings.Split(*names, ",")
	if o.Protocols, err = parseProtocols(*protocols); err != nil {
		return err
	}
	if o.Folder == "" || o.Memory == "" || o.Binary == "" {
		return needed(flags, "-pillarbox, -folder and -memory are needed")
	}
	if o.Messages < 1 || o.Runs < 1 || o.Left < 0 || o.Polls < 1 || o.Breaks < 0 {
		return needed(flags, "a number is too small")
	}
	return bench.Fetch(o, out)
}

// parseProtocols parses the protocols of a flag.
func parseProtocols(text string) ([]string, error) {
	list := strings.Split(text, ",")
	for i, name := range list {
		if name != provider.POP3 && name != provider.IMAP || slices.Contains(list[:i], name) {
			return nil, fmt.Errorf("-protocols: %q is not %s or %s, each once", text, provider.POP3, provider.IMAP)
		}
	}
	return list, nil
}
