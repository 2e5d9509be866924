package main

import (
	"flag"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"pillarbox/cmd/pillarbench/bench"
	"pillarbox/cmd/pillarbench/client"
)

// runRetr is the subcommand.
func runRetr(args []string, out io.Writer) (err error) {
	var c bench.ComparisonOptions
	var o bench.RetrOptions
	flags := flag.NewFlagSet("pillarbench retr", flag.ContinueOnError)
	comparisonFlags(flags, &c)
	sizes := flags.String("sizes", "1k,4k,16k,64k,1024k,10240k", "octets a message; rows of the table")
	sessions := flags.String("sessions", "1,8", "sessions at a time, 1 to 8; rows of the table")
	pipe := flags.String("pipelined", "1,32", "commands in one write, for messages up to 64 KiB; rows of the table")
	ways := flags.String("ways", "plain,tls", "plain, tls or both; rows of the table")
	if err := parse(flags, args); err != nil {
		return err
	}
	if o.Loads, err = parseLoads(*sizes); err != nil {
		return err
	}
	for _, way := range strings.Split(*ways, ",") {
		o.Secure = append(o.Secure, way == "tls")
	}
	if o.Sessions, err = parseNumbers("-sessions", *sessions, bench.RetrSessions); err != nil {
		return err
	}
	if o.Pipe, err = parseNumbers("-pipelined", *pipe, 1000); err != nil {
		return err
	}
	if err := checkComparison(flags, c); err != nil {
		return err
	}
	return bench.Retr(c, o, out)
}

// runIngest is the subcommand.
func runIngest(args []string, out io.Writer) error {
	var c bench.ComparisonOptions
	flags := flag.NewFlagSet("pillarbench ingest", flag.ContinueOnError)
	comparisonFlags(flags, &c)
	sizes := flags.String("sizes", "4k,64k,1024k", "octets a message; rows of the table")
	senders := flags.String("senders", "1,16", "connections at a time, 1 to 16; rows of the table")
	if err := parse(flags, args); err != nil {
		return err
	}
	loads, err := parseLoads(*sizes)
	if err != nil {
		return err
	}
	numbers, err := parseNumbers("-senders", *senders, client.MaxConnections)
	if err != nil {
		return err
	}
	if err := checkComparison(flags, c); err != nil {
		return err
	}
	return bench.Ingest(c, loads, numbers, out)
}

// runLogin is the subcommand.
func runLogin(args []string, out io.Writer) error {
	return largeMailboxes("login", args, bench.Login, out)
}

// runDelete is the subcommand.
func runDelete(args []string, out io.Writer) error {
	return largeMailboxes("delete", args, bench.Delete, out)
}

// largeMailboxes runs a subcommand that compares servers with large mailboxes.
func largeMailboxes(name string, args []string, run func(bench.ComparisonOptions, []int, client.Load, io.Writer) error, out io.Writer) error {
	var c bench.ComparisonOptions
	set := flag.NewFlagSet("pillarbench "+name, flag.ContinueOnError)
	comparisonFlags(set, &c)
	messages := set.String("messages", "1000,10000,100000", "messages in the mailbox, ascending; rows of the table. At most 10000 for servers that must get them by SMTP")
	octets := set.String("octets", "1k", "octets a message")
	if err := parse(set, args); err != nil {
		return err
	}
	counts, err := parseNumbers("-messages", *messages, 1<<24)
	if err != nil {
		return err
	}
	if !slices.IsSorted(counts) || counts[0] < bench.DeletedMessages {
		return fmt.Errorf("-messages: %s is not ascending from %d", *messages, bench.DeletedMessages)
	}
	l, err := client.ParseLoad(*octets)
	if err != nil {
		return err
	}
	if err := checkComparison(set, c); err != nil {
		return err
	}
	return run(c, counts, l, out)
}

// runIdle is the subcommand.
func runIdle(args []string, out io.Writer) (err error) {
	var o bench.IdleOptions
	flags := flag.NewFlagSet("pillarbench idle", flag.ContinueOnError)
	serverFlags(flags, &o.Options)
	runningFlags(flags, &o.Running)
	counts := flags.String("sessions", "100,500,1000,2000", "sessions at a time, ascending; rows of the table")
	flags.IntVar(&o.Runs, "runs", 3, "runs, of which the median is printed")
	flags.IntVar(&o.Burst, "burst", bench.IdleBurst, "sessions that are opened and ended; the limit is for that number")
	flags.DurationVar(&o.Settle, "settle", bench.IdleSettle, "how long the server is left alone before its memory is read: longer on a slow processor")
	flags.StringVar(&o.Kernel, "kernel", "", "tls.kernel of the server; `on` adds a limit")
	if err := parse(flags, args); err != nil {
		return err
	}
	if o.Counts, err = parseCounts("-sessions", *counts, 1); err != nil {
		return err
	}
	if o.Running.PID == 0 {
		if err := checkServer(flags, o.Options); err != nil {
			return err
		}
	}
	return bench.Idle(o, out)
}

// runStart is the subcommand.
func runStart(args []string, out io.Writer) (err error) {
	var o bench.StartOptions
	flags := flag.NewFlagSet("pillarbench start", flag.ContinueOnError)
	serverFlags(flags, &o.Options)
	messages := flags.String("messages", "1000,10000,100000", "messages in the mailbox, ascending; rows of the table")
	octets := flags.String("octets", "2k", "octets a message, or mix")
	flags.IntVar(&o.Runs, "runs", 3, "starts of a row, of which the median is printed")
	flags.BoolVar(&o.Imported, "imported", false, "import the messages with the unique-ids of a Maildir of Dovecot's; of pillarbox alone")
	flags.BoolVar(&o.Warm, "warm", false, "leave to the kernel what it has cached of files")
	flags.BoolVar(&o.Forget, "forget", false, "remove before each start what the server can rebuild from the mail")
	if err := parse(flags, args); err != nil {
		return err
	}
	if o.Counts, err = parseCounts("-messages", *messages, bench.DeletedMessages); err != nil {
		return err
	}
	if o.Load, err = client.ParseLoad(*octets); err != nil {
		return err
	}
	if err := checkServer(flags, o.Options); err != nil {
		return err
	}
	return bench.Start(o, out)
}

// parseCounts parses the ascending numbers of a flag, of at least least.
func parseCounts(name, text string, least int) ([]int, error) {
	var counts []int
	for _, digits := range strings.Split(text, ",") {
		n, err := strconv.Atoi(digits)
		if err != nil || n < least || len(counts) > 0 && n <= counts[len(counts)-1] {
			return nil, fmt.Errorf("%s: %q is not ascending numbers from %d", name, text, least)
		}
		counts = append(counts, n)
	}
	return counts, nil
}

// parseNumbers parses the numbers of a flag, from 1 to most.
func parseNumbers(name, text string, most int) ([]int, error) {
	var numbers []int
	for _, digits := range strings.Split(text, ",") {
		n, err := strconv.Atoi(digits)
		if err != nil || n < 1 || n > most {
			return nil, fmt.Errorf("%s: %q is not 1 to %d", name, digits, most)
		}
		numbers = append(numbers, n)
	}
	return numbers, nil
}

// parseLoads parses the sizes of a flag.
func parseLoads(text string) ([]client.Load, error) {
	var loads []client.Load
	for _, size := range strings.Split(text, ",") {
		l, err := client.ParseLoad(size)
		if err != nil {
			return nil, err
		}
		loads = append(loads, l)
	}
	return loads, nil
}
