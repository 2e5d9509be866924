package main

import (
	"context"
	"fmt"
	"strings"
	"time"
	"unicode"

	"pillarbox/appliance/admin"
)

// restoreUser restores messages that clients have deleted, through the running server or in its
// files.
func restoreUser(c *call, o *options) error {
	if o.since < 0 {
		return errUsage{fmt.Sprintf("-since %d: DAYS must be 0 or more; 0 is today", o.since)}
	}
	on, name, err := o.named(c)
	if err != nil {
		return err
	}
	client, err := admin.Ask(context.Background(), on, false)
	if err != nil {
		return err
	}
	defer client.Close()
	if o.list {
		if on.Retention.Of(name).BinDays == 0 {
			fmt.Fprintln(c.stderr, "the bin is off (retention.bin_days = 0): deleted messages are not kept")
		}
		return listBin(c, client, name, o.since)
	}
	n, err := client.Restore(name, o.since)
	if err != nil {
		return err
	}
	fmt.Fprintf(c.stdout, "%s: %s restored; every mail client of the account downloads them as new\n", name, messageCount(n))
	return nil
}

// listBin lists what restore would restore, one message per line.
func listBin(c *call, client *admin.Client, name string, since int) error {
	found, err := client.Bin(name, since)
	if err != nil {
		return err
	}
	for _, m := range found {
		fmt.Fprintf(c.stdout, "deleted %s  %9s  %s  %s\n", m.Day.Format(time.DateOnly), bytesWord(m.Octets), oneLine(m.From), oneLine(m.Subject))
	}
	_, err = fmt.Fprintf(c.stdout, "%s: %s in the bin\n", name, messageCount(len(found)))
	return err
}

func messageCount(n int) string {
	if n == 1 {
		return "1 message is"
	}
	return fmt.Sprintf("%d messages are", n)
}

// oneLine returns a text from outside without characters that control a terminal.
func oneLine(s string) string {
	if s == "" {
		return "-"
	}
	return strings.Map(func(r rune) rune {
		if !unicode.IsPrint(r) {
			return '?'
		}
		return r
	}, s)
}
