package main

import (
	"flag"
	"io"
	"strings"

	"pillarbox/cmd/pillarbench/bench"
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
